// Every pattern bounds its repetitions, so that none takes more than linear time on hostile text.

/** Words that name a secret wherever they end a name: `--token`, `dbPassword`, `GITHUB_TOKEN`, `x-api-key`. */
const plainWords =
  'access[-_]?key(?:[-_]?id)?|api[-_]?key|authorization|client[-_]?secret|cookie|credential|passcode|passphrase|passwd|password|private[-_]?key|secret[-_]?key|secret|signing[-_]?key|token';
/** Words that do so only when they stand alone or after a separator: `--db-pass`, but not `--bypass`. */
const shortWords = 'auth|bearer|jwt|otp|pass|pat|pin|pwd|session|session[-_]?id|sid|sig|signature|xsrf|csrf';
const secretName = `(?:[A-Za-z0-9_.-]{0,64}?(?:${plainWords})s?[0-9]{0,3}|(?:[A-Za-z0-9_.-]{0,64}?[-_.])?(?:${shortWords})[0-9]{0,3})`;

/** Every secret name contains one of these; asked first, since compiling the pattern itself takes a while. */
const nameHints =
  'key auth cookie credential pass secret token bearer jwt otp pat pin pwd session sid sig xsrf csrf'.split(
    ' ',
  );

const exactName = new RegExp(`^${secretName}$`, 'i');

/** True when a value under this name (a flag without its dashes, a variable, a parameter) is taken for a secret. */
export function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  return nameHints.some((hint) => lower.includes(hint)) && exactName.test(name);
}

/** A header with a secret in it: everything after the colon goes, whatever the scheme. Not a path (`/etc/passwd: `). */
export const secretHeader = new RegExp(
  `(^|[^A-Za-z0-9_./-])(-?[A-Za-z0-9_.-]{0,64}?(?:${plainWords})s?)(\\s{0,8}:\\s{0,8})([^\\r\\n"']+)`,
  'gi',
);

/** `name=value` in a query, an assignment or a connection string. */
export const secretAssignment = new RegExp(
  `(^|[^A-Za-z0-9_.])(${secretName})(\\s{0,8}=\\s{0,8})("[^"]*"|'[^']*'|[^\\s&;,"']+)`,
  'gi',
);

/** `"name": "value"` in JSON. */
export const secretMember = new RegExp(
  `(["'])(${secretName})\\1(\\s{0,8}:\\s{0,8})("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s,}\\]]+)`,
  'gi',
);

/** `scheme://user:password@host`: the whole user info, since a token often stands in the user's place. */
export const urlUserInfo = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#"'<>]*)@/gi;

/** `Bearer x`, `Basic x` and the like without their header. */
export const bareScheme = /\b(bearer|basic|digest|negotiate)(\s{1,8})([A-Za-z0-9+/=._~-]{6,})/gi;

/** Keys that are recognised by their own shape, wherever they stand. */
export const keyShapes: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g,
  /\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}\b/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255})/g,
  /\bgl(?:pat|dt|rt|ptt|oas|cbt)-[A-Za-z0-9_.-]{16,}/g,
  /\bxox[a-z]-[A-Za-z0-9-]{10,}/g,
  /\bhooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/_-]+/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\bya29\.[A-Za-z0-9_-]{20,}/g,
  /\b[sr]k[-_](?:live|test|ant|proj|or|svcacct)?[-_]?[A-Za-z0-9_-]{16,}/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\bpypi-[A-Za-z0-9_-]{30,}/g,
  /\bhf_[A-Za-z0-9]{20,}/g,
  /\bdckr_pat_[A-Za-z0-9_-]{20,}/g,
  /\bhv[sb]\.[A-Za-z0-9_-]{20,}/g,
  /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g,
  /\bAGE-SECRET-KEY-1[A-Z0-9]{20,}/g,
  /\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)?/g,
];

/**
 * Finds nothing in a text in which no pattern of this file finds anything: what separates a name from its value, or
 * how a known key begins. One small pattern instead of two dozen, for the many arguments that are plain words.
 */
const anyHint =
  /[\s=:/"'@]|A[KSGIRN][IPDO]A|gh[pousr]_|github_pat_|gl[a-z]{2,4}-|xox|AIza|ya29|[sr]k[-_]|npm_|pypi-|hf_|dckr_pat_|hv[sb]\.|SG\.|AGE-SECRET-KEY|eyJ|BEGIN/;

/** False when no pattern can match. */
export function mayHoldSecret(text: string): boolean {
  return anyHint.test(text);
}
