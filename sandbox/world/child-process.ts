/** A program of ours in a process of its own, known by its pid, ended by it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface RunningProgram {
  readonly pid: number;
  /** Resolves with the first line of standard output that matches. */
  readonly ready: Promise<RegExpExecArray>;
  /** Asks it to end, and waits for that. */
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;

/** @param script run on the Node that runs this; its environment is only what is given */
export function startProgram(script: string, env: Readonly<Record<string, string>>, readyLine: RegExp): RunningProgram {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    ready: waitForLine(child, readyLine, script),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // A paused program would not hear that it should end.
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** Runs a program to its end. @returns its standard output @throws when it fails */
export function runProgram(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${args.join(' ')} ended with ${code}`)),
    );
  });
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
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${script} ended with ${code} before it was up`));
    });
  });
}
