import { FolderWatch, type WatchFolder } from '../files/folder-watch.js';
import { OneAtATime } from '../files/one-at-a-time.js';
import { shownName } from '../files/shown.js';
import type { ClusterListener, ClusterSource } from '../model/cluster-source.js';
import type { ClusterView } from '../model/cluster-view.js';
import { movedAddresses, NO_OTHER_NODES, type OtherNodes, otherNodes } from '../model/node.js';
import { type Problem, problemText } from '../model/problem.js';
import type { ServiceKey } from '../model/service-key.js';
import { type FileChange, FolderContents } from './folder-contents.js';
import { FolderImage } from './folder-image.js';
import { sourceProblem, Unreadable } from './manifest-problems.js';

export interface ManifestOptions {
  /** Holds *.yaml, *.yml and *.json, each with any number of documents. */
  readonly folder: string;
  /** Of this program's own Node: the others in the folder are those whose addresses are left to them. */
  readonly nodeName?: string | undefined;
  /** Milliseconds between two full looks, for changes that inotify does not show. 5000 unless said. */
  readonly rescanInterval?: number;
  /** Milliseconds without a further event after which a changed folder is read. 100 unless said. */
  readonly settleTime?: number;
  /** inotify, unless said. */
  readonly watchFolder?: WatchFolder;
}

/** The cluster as a folder of manifests describes it, the same YAML that one would `kubectl apply`. */
export class ManifestWatcher implements ClusterSource {
  readonly #folder: string;
  readonly #nodeName: string | undefined;
  readonly #rescanInterval: number;
  readonly #contents: FolderContents;
  readonly #image = new FolderImage();
  readonly #folderWatch: FolderWatch;
  readonly #looks = new OneAtATime(() => this.#look());
  #listener: ClusterListener | undefined;
  #started = false;
  #complete = false;
  #problems: readonly Problem[] = [];
  #others: OtherNodes = NO_OTHER_NODES;

  constructor({ folder, nodeName, rescanInterval = 5000, settleTime = 100, watchFolder }: ManifestOptions) {
    this.#folder = folder;
    this.#nodeName = nodeName;
    this.#rescanInterval = rescanInterval;
    this.#contents = new FolderContents(folder);
    const timing = { settle: settleTime, rescan: rescanInterval };
    this.#folderWatch = new FolderWatch(folder, timing, () => void this.#looks.run(), watchFolder);
  }

  get view(): ClusterView {
    return this.#image.view;
  }

  get complete(): boolean {
    return this.#complete;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Rejects where the folder cannot be read; later on that is a problem, and what was known stays. */
  async start(listener: ClusterListener): Promise<void> {
    this.#listener = listener;
    try {
      await this.#looks.run();
    } catch (error) {
      await this.stop();
      throw error instanceof Unreadable ? new Error(problemText(this.#unreadableFolder(error))) : error;
    }
    this.#started = true;
    if (this.#listener !== undefined) this.#folderWatch.begin();
  }

  /** Looks at once. Resolves when everything that was in the folder at the call has been reported. */
  rescan(): Promise<void> {
    return this.#looks.run();
  }

  /** After this the listener is not called any more, and no timer or handle is left. */
  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#folderWatch.close();
    await this.#looks.idle();
    this.#folderWatch.close();
  }

  async #look(): Promise<void> {
    if (this.#listener === undefined) return;
    this.#image.board.set('watch', this.#watchProblem(await this.#folderWatch.watch()));
    const changes = await this.#readFolder();
    if (this.#listener !== undefined) this.#publish(this.#listener, this.#image.apply(changes));
    if (changes.some(({ kind }) => kind === 'unsettled')) this.#folderWatch.lookSoon();
  }

  async #readFolder(): Promise<readonly FileChange[]> {
    try {
      const changes = await this.#contents.look();
      this.#image.board.set('folder', []);
      return changes;
    } catch (error) {
      if (!this.#started || !(error instanceof Unreadable)) throw error;
      this.#image.board.set('folder', [this.#unreadableFolder(error, 'its last content stays in use')]);
      return [];
    }
  }

  #publish(listener: ClusterListener, services: ReadonlySet<ServiceKey>): void {
    const completed = this.#image.complete && !this.#complete;
    this.#complete = this.#image.complete;
    const haveChanged = this.#image.board.takeChanged();
    if (haveChanged) this.#problems = this.#image.board.list;
    this.#publishOtherNodes(listener);
    // Completion alone is reported too: from now on what the source does not have does not exist.
    const objects = this.#image.takeObjects();
    if (services.size > 0 || completed) listener.changed(services, [], objects);
    if (haveChanged) listener.problemsFound(this.#problems);
  }

  #publishOtherNodes(listener: ClusterListener): void {
    const others = otherNodes(this.#image.nodes, this.#nodeName);
    if (movedAddresses(this.#others, others).length === 0) return;
    this.#others = others;
    listener.otherNodesChanged?.(others);
  }

  #watchProblem(code: string | undefined): readonly Problem[] {
    if (code === undefined) return [];
    const message = `cannot be watched (${code}); changes are noticed after up to ${this.#rescanInterval / 1000} s.`;
    const remedy = 'Raise fs.inotify.max_user_instances and fs.inotify.max_user_watches.';
    return [sourceProblem(this.#subject, message, remedy)];
  }

  #unreadableFolder({ message, remedy }: Unreadable, so?: string): Problem {
    return sourceProblem(this.#subject, so === undefined ? `${message}.` : `${message}; ${so}.`, remedy);
  }

  get #subject(): string {
    return `manifests folder ${shownName(this.#folder)}`;
  }
}
