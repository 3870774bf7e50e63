/** Something that a support bundle has of this node beside what the agent says. */
export interface SupportSource {
  /** Of its file in the archive: `kernel/modules.txt`. */
  readonly name: string;
  /** Nothing is used beyond `most` characters. */
  read(most: number): Promise<string>;
}
