/** Databases with the clock of the simulation, in the throw-away cluster of the tests. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startTestPostgres } from '../../support/test-postgres.ts';
import { prepareDatabase } from './server-clock.ts';

export interface Databases {
  readonly urls: readonly string[];
  /** Drops them, whoever is still connected. */
  close(): Promise<void>;
}

export async function openDatabases(count: number): Promise<Databases> {
  const server = await startTestPostgres();
  const client = new pg.Client(server.url);
  await client.connect();
  // By such a name the next test run knows what a process that died has left behind.
  const prefix = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const names = Array.from({ length: count }, (_, index) => `${prefix}_${index}`);
  const urls = names.map((name) => Object.assign(new URL(server.url), { pathname: `/${name}` }).href);
  async function close(): Promise<void> {
    for (const name of names) await client.query(`drop database if exists ${name} with (force)`);
    await client.end();
    await server.stop();
  }
  try {
    for (const [index, name] of names.entries()) {
      await client.query(`create database ${name} template template0`);
      await prepareDatabase(urls[index] ?? '');
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls, close };
}
