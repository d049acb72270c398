/** `npm run invoices [-- --n N --seed N --rounding round_per_line|round_globally]`: random invoices, to the cent. */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createBelongings } from '../world/belongings.ts';
import { Interrupted, listenForInterrupt, unlessInterrupted } from '../world/interrupt.ts';
import { startWorld } from '../world/start-world.ts';
import { runInvoices } from './run-invoices.ts';

const LEAST_POSTED = 0.9;
const MOST_SHOWN = 20;
/** Of one invoice, on a slow machine. */
const PATIENCE_MS = 4_000;
const ROUNDINGS = ['round_per_line', 'round_globally'];

interface Command {
  readonly count: number;
  readonly seed: number;
  readonly rounding: string;
}

/** @returns the exit code: 0 only if each invoice was posted once, or set aside for a true reason, and most were posted */
async function main({ count, seed, rounding }: Command): Promise<number> {
  const interrupt = listenForInterrupt();
  const say = (text: string) => void process.stderr.write(`${text}\n`);
  const belongings = createBelongings(say);
  const work = async () => {
    const options = { requireReal: true, simulate: false, wired: false, appWebhooks: true, say };
    const world = await startWorld({ name: 'invoices', ...options }, belongings);
    await world.bridge.run('webhooks', 'install');
    await world.bridge.start();
    const memory = new pg.Pool({ connectionString: world.databaseUrl, max: 1 });
    await belongings.own(() => memory.end());
    const parked = async () => {
      const { rows } = await memory.query<{ app_id: string; error: { code: string; message: string } }>(
        "select app_id, error from links where entity = 'invoice' and state = 'parked' and dirty_seq = done_seq",
      );
      return new Map(rows.map(({ app_id, error }) => [app_id, error]));
    };
    return runInvoices({ ...world, parked }, { count, seed, rounding, patienceMs: 120_000 + count * PATIENCE_MS });
  };
  try {
    const { figures, findings } = await unlessInterrupted(interrupt, work());
    for (const what of findings.slice(0, MOST_SHOWN)) say(what);
    if (findings.length > MOST_SHOWN) say(`and ${findings.length - MOST_SHOWN} more`);
    process.stdout.write(`${JSON.stringify({ ...figures, rounding })}\n`);
    const enough = rounding !== 'round_per_line' || figures.posted >= LEAST_POSTED * figures.invoices;
    return findings.length === 0 && enough ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    say(`The run failed: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await belongings.end();
  }
}

function readCommand(): Command | null {
  try {
    const { values } = parseArgs({
      options: {
        n: { type: 'string', default: '1000' },
        seed: { type: 'string', default: '1' },
        rounding: { type: 'string', default: 'round_per_line' },
      },
    });
    const [count, seed] = [Number(values.n), Number(values.seed)];
    const isFine =
      Number.isSafeInteger(count) && count > 0 && Number.isSafeInteger(seed) && ROUNDINGS.includes(values.rounding);
    return isFine ? { count, seed, rounding: values.rounding } : null;
  } catch {
    return null;
  }
}

const command = readCommand();
if (command === null) {
  process.stderr.write(`usage: npm run invoices [-- --n N --seed N --rounding ${ROUNDINGS.join('|')}]\n`);
}
process.exit(command ? await main(command) : 2);
