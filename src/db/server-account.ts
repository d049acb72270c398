/** Under which account the database server runs: PostgreSQL refuses to run as root. */
import { execFile } from 'node:child_process';
import { SetupError } from '../errors.ts';

export interface CommandResult {
  /** False when it failed, was killed or could not even be started. */
  readonly ok: boolean;
  /** All it wrote, trimmed. */
  readonly output: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface ServerAccount {
  /** To whom the server's files belong. */
  readonly owner: Owner;
  run(file: string, args: readonly string[]): Promise<CommandResult>;
}

/** The account `nobody`, which every Linux has without anybody creating it. */
const NOBODY = { uid: 65534, gid: 65534 };

/** Nothing of the bridge's own environment, which holds secrets, reaches the server. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The account for a server whose programs and folders (all `paths`) exist, and whose files belong to `files`.
 * Started as root, it is that owner, or nobody where that is root. Where that account cannot reach a path, say in
 * a clone under a 0700 home, it gets the one capability that lets it pass, and no other.
 * @throws SetupError `database_unreachable` when it cannot be given either
 */
export async function chooseServerAccount(
  paths: readonly string[],
  files: Owner,
  uid = process.getuid?.(),
): Promise<ServerAccount> {
  const owner = files.uid === 0 ? NOBODY : files;
  const identity = uid === 0 ? owner : {};
  const plain: ServerAccount = { owner, run: (file, args) => run(file, args, identity) };
  const flags = [
    `--reuid=${owner.uid}`,
    `--regid=${owner.gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    // Without it access(2) ignores the capability, and PostgreSQL asks access(2) about its own binary.
    '--securebits=+no_setuid_fixup',
  ];
  const capable: ServerAccount = { owner, run: (file, args) => run('setpriv', [...flags, file, ...args], {}) };
  for (const account of [plain, capable]) {
    if (await reaches(account, paths)) return account;
  }
  throw new SetupError({
    code: 'database_unreachable',
    message: `PostgreSQL does not run as root, and user ${owner.uid} cannot reach ${paths.join(' and ')}.`,
    remedy: 'Put the project and DATA_DIR where that user can pass, install setpriv (util-linux), or set DATABASE_URL.',
  });
}

async function reaches(account: ServerAccount, paths: readonly string[]): Promise<boolean> {
  const test = 'for path; do test -x "$path" || exit 1; done';
  return (await account.run('/bin/sh', ['-c', test, 'sh', ...paths])).ok;
}

function run(file: string, args: readonly string[], identity: Partial<Owner>): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(file, [...args], { ...identity, env: ENVIRONMENT, cwd: '/' }, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: `${stdout}${stderr}`.trim() });
    });
  });
}
