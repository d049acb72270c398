/** A program in a process of its own, known by its pid, paused and ended by it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

export interface RunningProgram {
  readonly pid: number;
  /** Resolves with the first line of standard output that matches. */
  readonly ready: Promise<RegExpExecArray>;
  /** Stops its clockwork, not its connections: who calls it waits. */
  pause(): void;
  resume(): void;
  /** Asks it to end, and waits for that. */
  stop(): Promise<void>;
  /** Ends it at once, in the middle of whatever it does (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
}

export interface ProgramOptions {
  /** All of the environment that it gets, but for PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** Matches the line that says that it is up. */
  readonly readyLine: RegExp;
  /** Takes its standard output; without one that is dropped. */
  readonly logFile?: string;
}

const PATIENCE_MS = 30_000;

/** @param script run on the Node that runs this */
export function startProgram(script: string, { env, readyLine, logFile }: ProgramOptions): RunningProgram {
  // In a process group of its own: Ctrl-C is for us, and we end it in our order.
  const child = spawn(process.execPath, [script], {
    env: baseEnv(env),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  if (logFile) child.stdout.pipe(createWriteStream(logFile));
  return {
    pid: child.pid ?? 0,
    ready: waitForLine(child, readyLine, script),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      // A paused program would not hear that it should end.
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await exited;
      clearTimeout(timer);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs a program to its end. @returns its standard output @throws with what it said */
export function runProgram(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, args, {
    env: baseEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const [output, complaint] = [collect(child.stdout), collect(child.stderr)];
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0
        ? resolve(output())
        : reject(new Error(`${args.join(' ')} ended with ${code}: ${output()}${complaint()}`.trim())),
    );
  });
}

function baseEnv(env: Readonly<Record<string, string>>) {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

function waitForLine(child: ChildProcess, wanted: RegExp, script: string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let rest = '';
    const timer = setTimeout(
      () => reject(new Error(`${script} did not come up within ${PATIENCE_MS / 1000} s`)),
      PATIENCE_MS,
    );
    child.stdout?.on('data', (chunk: Buffer) => {
      rest += chunk.toString();
      const found = wanted.exec(rest);
      rest = rest.slice(rest.lastIndexOf('\n') + 1);
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${script} ended with ${code} before it was up`));
    });
  });
}
