/** A body that a test writes while it is read. */
export class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake: () => void = () => undefined;
  /** The reader has left, or everything was read. */
  isClosed = false;

  get isOpen(): boolean {
    return this.#end === undefined && !this.isClosed;
  }

  write(bytes: Uint8Array | string): void {
    if (!this.isOpen) return;
    this.#chunks.push(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    this.#wake();
  }

  /** Ends in order, or with what broke it. The first end counts. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (this.#end === undefined) await this.#more();
        else if (this.#end.error === undefined) return;
        else throw this.#end.error;
      }
    } finally {
      this.isClosed = true;
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
