/** What stands in the place of something that was taken out. */
const MARK = '[redacted]';

/** In the name of a field, a variable or a header: its value is nobody's business. */
const SECRET_NAME =
  '(?:token|passw(?:or)?d|passphrase|secret|api[-_]?key|access[-_]?key|private[-_]?key|key[-_]?data|certificate[-_\\w]{0,20}data|authorization|cookie|credential)[\\w.-]{0,40}';
const BETWEEN = '\\s{0,4}[:=]\\s{0,4}';

/** `name: "value"`, and the same inside a string of JSON, where the marks are escaped once more. */
const QUOTED: readonly (readonly [mark: string, inside: string])[] = [
  ['\\\\"', '(?:\\\\\\\\\\\\"|(?!\\\\")[^\\n])*'],
  ['"', '(?:[^"\\\\\\n]|\\\\.)*'],
  ["'", "[^'\\n]*"],
];

// Every repetition that another may begin in is bounded: a text made to be slow would hold the command up for minutes.
const PATTERNS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Keys and certificates; where the end is missing, up to the end of it all.
  [/-----BEGIN [A-Z0-9 ]{1,60}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,60}-----|$(?![\s\S]))/g, MARK],
  // The same once more in base64, as kubeconfigs and Secrets have them.
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=]*/g, MARK],
  [/\b(Bearer|Basic|Negotiate)( {1,4})[A-Za-z0-9._~+/=-]+/gi, `$1$2${MARK}`],
  // JSON web tokens, those of service accounts among them.
  [/\beyJ[A-Za-z0-9_-]{1,4096}\.[A-Za-z0-9_-]{1,4096}(?:\.[A-Za-z0-9_-]*)?/g, MARK],
  // Bootstrap tokens.
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, MARK],
  // A name and a password in front of a host.
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']{1,256}@/gi, `$1${MARK}@`],
  // What `kubectl apply` keeps of an object, a Secret's data too: up to the end of its line, or of the string it is in.
  [/(last-applied-configuration)(?!:? \[redacted\])[^\n]*/g, `$1: ${MARK}`],
  // Variables of a plugin of a kubeconfig: their names tell nothing of what is in them.
  [
    /(\bname\\{0,3}["']?\s{0,4}:\s{0,4}\\{0,3}["']?[A-Z][A-Z0-9_]{0,80}\\{0,3}["']?\s{0,20},?\s{0,20}\\{0,3}["']?value\\{0,3}["']?\s{0,4}:\s{0,4})(?:\\{0,3}"(?:[^"\\\n]|\\[^"])*\\{0,3}"|[^\s,}]+)/g,
    `$1"${MARK}"`,
  ],
  // Words of a command line, also as a list.
  [
    new RegExp(`(--[\\w-]{0,40}${SECRET_NAME}["']?,?\\s{1,8}(?:- {1,4})?["']?)[^\\s"',-][^\\s"',\\]]*`, 'gi'),
    `$1${MARK}`,
  ],
  // JSON in a string of JSON in a string of JSON.
  [new RegExp(`(${SECRET_NAME}\\\\{2,15}"${BETWEEN}\\\\{2,15}")[^"\\\\\\n]+`, 'gi'), `$1${MARK}`],
  ...QUOTED.map(
    ([mark, inside]) =>
      [
        new RegExp(`(${SECRET_NAME}\\\\{0,3}["']?${BETWEEN})(${mark})${inside}${mark}`, 'gi'),
        `$1$2${MARK}$2`,
      ] as const,
  ),
  // Up to a space, or to what ends a line in a string of JSON.
  [
    new RegExp(`(${SECRET_NAME}${BETWEEN})(?!\\\\{0,3}["'])(?:[^\\s"'\\\\]|\\\\(?![nrt"]))+`, 'gi'),
    `$1${MARK}`,
  ],
];

/** Long runs of base64's letters: keys of clouds, parts of certificates. Names of Kubernetes have no capitals. */
const LONG_RUN = /[A-Za-z0-9+/_-]{40,}={0,2}/g;

function isRandom(run: string): boolean {
  return /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run) && !run.startsWith('/');
}

interface Redacted {
  readonly text: string;
  /** Places from which something was taken. */
  readonly count: number;
}

/**
 * A text without tokens, passwords, keys and certificates. It takes out rather too much than too little: what it looks
 * for is never what a fault of Services hangs on.
 */
export function redacted(text: string): Redacted {
  let count = 0;
  let rest = text;
  for (const [pattern, instead] of PATTERNS)
    rest = rest.replace(pattern, (found: string, ...groups: unknown[]) => {
      const made = instead.replace(/\$(\d)/g, (_, index: string) => String(groups[Number(index) - 1] ?? ''));
      if (made !== found) count++;
      return made;
    });
  rest = rest.replace(LONG_RUN, (run) => {
    if (!isRandom(run)) return run;
    count++;
    return MARK;
  });
  return { text: rest, count };
}
