/** Why the addon is not there. */
type LoadFailure =
  | { readonly kind: 'not-linux'; readonly platform: string }
  | { readonly kind: 'not-built'; readonly path: string }
  | { readonly kind: 'other-abi'; readonly path: string; readonly abi: unknown }
  /** dlopen(3) or Node refused it. */
  | { readonly kind: 'refused'; readonly path: string; readonly cause: unknown };

/** Without the addon there is no kernel to talk to. */
export class AddonUnavailable extends Error {
  override readonly name = 'AddonUnavailable';
  /** What to do about it, one sentence. */
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(`${message}: ${remedy}`, options);
    this.remedy = remedy;
  }
}

const BUILD = 'run npm run build:native';
const REBUILD = `${BUILD} with the Node that runs it`;

export function explainLoadFailure(failure: LoadFailure): AddonUnavailable {
  switch (failure.kind) {
    case 'not-linux':
      return new AddonUnavailable(`IPVS is Linux's, and this is ${failure.platform}`, 'run it on Linux');
    case 'not-built':
      return new AddonUnavailable(`the addon ${failure.path} is not built`, BUILD);
    case 'other-abi':
      return new AddonUnavailable(
        `the addon ${failure.path} is of another version (ABI ${failure.abi})`,
        REBUILD,
      );
    case 'refused':
      return explainRefusal(failure.path, failure.cause);
  }
}

// glibc says `libnl-3.so.200: cannot open shared object file: No such file or directory`.
const MISSING_LIBRARY = /([\w.+-]+\.so[.\d]*): cannot open shared object file/;

function explainRefusal(path: string, cause: unknown): AddonUnavailable {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const library = MISSING_LIBRARY.exec(reason)?.[1];
  const message = `the addon ${path} cannot be loaded`;
  if (library === undefined) return new AddonUnavailable(`${message} (${reason})`, REBUILD, { cause });
  const remedy = `install ${packageOf(library)}`;
  return new AddonUnavailable(`${message} without ${library}`, remedy, { cause });
}

/** What the addon is linked with, in Debian 12; other distributions have similar names. */
const PACKAGES: ReadonlyMap<string, string> = new Map([
  ['libnl-3.so', 'libnl-3-200'],
  ['libnl-route-3.so', 'libnl-route-3-200'],
  ['libstdc++.so', 'libstdc++6'],
]);

function packageOf(library: string): string {
  const name = PACKAGES.get(library.replace(/[.\d]*$/, ''));
  return name === undefined ? `the package that has ${library}` : `the Debian package ${name}`;
}
