/** Objects cannot be printed for this cluster; `remedy` is what a person can do. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
