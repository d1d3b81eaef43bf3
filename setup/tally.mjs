import { Parser } from 'tap-parser';

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped todo points count as skipped: neither was checked
 * @property {string[]} failures the full name and the diagnostics of each failed point
 */

/** @returns {Tally} */
export const emptyTally = () => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

/**
 * @param {Tally} into changed in place
 * @param {Tally} from
 */
export function addTally(into, from) {
  into.passed += from.passed;
  into.failed += from.failed;
  into.skipped += from.skipped;
  into.failures.push(...from.failures);
}

/**
 * Counts the single points of a TAP stream. A subtest's own line only sums up its points and is not counted, unless it
 * failed although none of them did: a plan not kept, a crash, a time-out.
 * @param {NodeJS.ReadableStream} stream
 * @param {(name: string, tally: Tally, time: number) => void} onFile called at the end of each top-level subtest;
 *   time in milliseconds
 * @returns {Promise<Tally>}
 */
export function countTap(stream, onFile) {
  const total = emptyTally();
  const parser = new Parser();
  follow(parser, [], total, onFile);
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    parser.on('complete', (results) => {
      // The stream as a whole broke: it ended early, or kept another plan than its own.
      if (!results.ok && total.failed === 0) {
        total.failed += 1;
        total.failures.push(
          `the stream of results: ${results.failures.map((each) => each.tapError).join('; ')}`,
        );
      }
      resolve(total);
    });
    stream.pipe(parser);
  });
}

function follow(parser, path, total, onFile) {
  let child;
  parser.on('child', (sub) => {
    child = emptyTally();
    follow(sub, [...path, sub.name], child, () => {});
  });
  parser.on('assert', (point) => {
    const tally = child ?? emptyTally();
    const isSummary = child !== undefined && (!isFailure(point) || child.failed > 0) && !isUnchecked(point);
    if (!isSummary) countPoint(point, path, tally);
    child = undefined;
    addTally(total, tally);
    onFile(point.name, tally, point.time ?? 0);
  });
  parser.on('bailout', (reason) => {
    total.failed += 1;
    total.failures.push(`${path.join(' > ')}: bailed out: ${reason}`);
  });
}

const isUnchecked = (point) => Boolean(point.skip) || Boolean(point.todo);
const isFailure = (point) => !point.ok && !isUnchecked(point);

function countPoint(point, path, tally) {
  if (isUnchecked(point)) tally.skipped += 1;
  else if (point.ok) tally.passed += 1;
  else {
    tally.failed += 1;
    tally.failures.push([[...path, point.name].join(' > '), ...describe(point.diag)].join('\n'));
  }
}

/** The diagnostics of a point, for people: what differs, where, and whatever else it tells. */
function describe(diagnostics) {
  return Object.entries(diagnostics ?? {})
    .filter(([key]) => key !== 'source')
    .map(([key, value]) => {
      const text = typeof value === 'string' ? value.trimEnd() : JSON.stringify(value);
      return `  ${key}: ${text.replaceAll('\n', '\n    ')}`;
    });
}
