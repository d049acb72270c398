/** The bridge, as a program of its own: started, paused and ended at will, and asked as an operator would. */
import { join } from 'node:path';
import type { Fields } from '../people/people.ts';
import { type RunningProgram, runProgram, startProgram } from './child-process.ts';

export interface Bridge {
  readonly url: string;
  /** For `Authorization: Bearer`. */
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
  /** Starts it; what happened before is found by its polls. */
  start(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Does nothing when it does not run. */
  stop(): Promise<void>;
  /** Ends it in the middle of whatever it does; a start that is under way fails. Does nothing when it does not run. */
  kill(): Promise<void>;
  /** Its command line, run to its end. @returns what it printed */
  run(...args: string[]): Promise<string>;
  /** GET of its own interface. */
  ask(path: string): Promise<Fields>;
}

export interface BridgeOptions {
  readonly url: string;
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
}

const SOURCE = join(import.meta.dirname, '..', '..', 'src');

export function prepareBridge({ url, token, env }: BridgeOptions): Bridge {
  let program: RunningProgram | null = null;
  return {
    url,
    token,
    env,
    async start() {
      program = startProgram(join(SOURCE, 'main.ts'), { env, readyLine: /bridge is running/ });
      await program.ready;
    },
    pause: () => program?.pause(),
    resume: () => program?.resume(),
    async stop() {
      await program?.stop();
      program = null;
    },
    async kill() {
      await program?.kill();
      program = null;
    },
    run: (...args) => runProgram([join(SOURCE, 'cli.ts'), ...args], env),
    async ask(path) {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`GET ${path} of the bridge: ${response.status}`);
      return (await response.json()) as Fields;
    },
  };
}
