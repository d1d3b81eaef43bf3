import { AegisError } from '../../errors.js';
import type { Conversation } from '../../sandbox/conversation.js';
import type { Sandbox, Side } from '../../sandbox/sandbox.js';
import type { Bench } from '../kit.js';
import { evader } from './catalogue.js';
import type { Listener } from './listener.js';
import { stateOf, type FileState, type Place } from './place.js';

/** How the process of one way ended, and all that came out of it. */
export interface WayEnd {
  readonly way: string;
  readonly exit: number | null;
  readonly signal: number | null;
  readonly timed_out: boolean;
  readonly ms: number;
  readonly output: string;
  /** What stood in the memory it shared with others when it had ended. */
  readonly memory: string;
}

/** One way, tried. */
export interface Trial {
  readonly place: Place;
  readonly end: WayEnd;
  readonly before: FileState;
  readonly after: FileState;
  /** Whether its secret arrived where somebody listens. */
  readonly hasArrived: boolean;
}

/**
 * The ways of some places, each in a process of its own below one driver. Preparing comes before the policy, so that a
 * way may have a file open from before; trying comes when the caller says so.
 */
export class Driver {
  private constructor(
    private readonly bench: Bench,
    private readonly places: readonly Place[],
    private readonly program: Conversation,
  ) {}

  /** Starts the driver on one side of the sandbox and waits until every way is prepared. */
  static async prepare(
    bench: Bench,
    sandbox: Sandbox,
    side: Side,
    places: readonly Place[],
  ): Promise<Driver> {
    const argv = [evader, 'run', ...places.map(({ folder }) => folder)];
    const program = sandbox.talk(side, argv, bench.signal);
    bench.onCleanUp('end the driver of the ways', () => program.end());
    const line = await program.next(bench.stepTimeoutMs);
    if (line !== 'prepared')
      throw new AegisError(
        'COMMAND_FAILED',
        `cannot prepare the ways: ${program.complaints || line || 'the driver ended'}`,
        { wayOut: 'Run `npm run build`, and see that the disk has room.' },
      );
    return new Driver(bench, places, program);
  }

  /** Lets every way try, one after another; `listener` is whom they may reach. */
  async tryAll(listener: Listener): Promise<readonly Trial[]> {
    const before = this.places.map(stateOf);
    this.program.say('go');
    const ends: WayEnd[] = [];
    for (const { way } of this.places) {
      const line = await this.program.next(this.bench.stepTimeoutMs);
      if (line === undefined)
        throw new AegisError(
          'COMMAND_FAILED',
          `cannot tell how ${way.name} ended: the driver ended (${this.program.complaints})`,
        );
      ends.push(JSON.parse(line) as WayEnd);
    }
    const hasArrived = await listener.settle();
    return this.places.map((place, i) => {
      const [end, start] = [ends[i], before[i]];
      if (end?.way !== place.way.name || !start)
        throw new AegisError('COMMAND_FAILED', `cannot tell how ${place.way.name} ended: it was not told`);
      return { place, end, before: start, after: stateOf(place), hasArrived: hasArrived(place.secret) };
    });
  }
}
