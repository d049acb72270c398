/** The import table of the layout is law only as long as the linter really refuses what it forbids. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';

const ROOT = join(import.meta.dirname, '..');
const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** File of the bridge, and what it may and may not import. Paths that do not exist serve as well. */
const TABLE: Readonly<Record<string, { readonly allowed: readonly string[]; readonly forbidden: readonly string[] }>> =
  {
    'src/errors.ts': { allowed: [], forbidden: ['./config.ts', './entities/registry.ts', 'zod', 'node:fs'] },
    'src/config.ts': { allowed: ['zod', 'node:path'], forbidden: ['./errors.ts', './links/links.ts', 'pg'] },
    'src/entities/probe.ts': {
      allowed: ['./codecs.ts', '../errors.ts', 'zod'],
      forbidden: [
        '../links/links.ts',
        './../links/links.ts',
        '../config.ts',
        '../db/schema.ts',
        'kysely',
        'node:crypto',
      ],
    },
    'src/db/probe.ts': {
      allowed: ['./schema.ts', '../errors.ts', 'kysely', 'kysely/migration', 'pg', 'node:fs/promises'],
      forbidden: ['../links/links.ts', '../entities/registry.ts', '../config.ts', 'fastify'],
    },
    'src/accounting/probe.ts': {
      allowed: ['./amounts.ts', '../errors.ts', 'zod'],
      forbidden: ['../links/links.ts', '../backends/odoo/transport.ts', '../entities/registry.ts', 'node:fs', 'kysely'],
    },
    'src/links/probe.ts': {
      allowed: ['./mark.ts', '../db/schema.ts', '../entities/registry.ts', '../errors.ts', 'kysely', 'zod'],
      forbidden: [
        '../backends/backend.ts',
        '../reconcile/decide.ts',
        '../sources/poller.ts',
        '../http/server.ts',
        'pg',
      ],
    },
    'src/backends/probe.ts': {
      allowed: ['./backend.ts', '../entities/registry.ts', '../errors.ts'],
      forbidden: ['../links/links.ts', '../config.ts', './odoo/transport.ts', 'kysely'],
    },
    'src/backends/odoo/probe.ts': {
      allowed: ['./transport.ts', '../backend.ts', '../../entities/registry.ts', '../../errors.ts', 'odoo-xmlrpc'],
      forbidden: ['../app/app-client.ts', '../../links/links.ts', '../../reconcile/decide.ts', '../../config.ts', 'pg'],
    },
    'src/backends/odoo/endpoints/probe.ts': {
      allowed: ['./contacts.ts', '../transport.ts', '../../../errors.ts', 'zod'],
      forbidden: ['../../app/app-client.ts', '../../../links/links.ts', '../../../accounting/fec.ts', 'pg'],
    },
    'src/backends/app/probe.ts': {
      allowed: ['../backend.ts', 'zod', 'node:timers/promises'],
      forbidden: ['../odoo/transport.ts', '../../db/schema.ts', 'fastify'],
    },
    'src/sources/probe.ts': {
      allowed: ['../links/links.ts', '../entities/registry.ts', '../errors.ts', '../backends/backend.ts', 'node-cron'],
      forbidden: [
        '../reconcile/controller.ts',
        '../backends/odoo/transport.ts',
        '../http/server.ts',
        '../db/schema.ts',
      ],
    },
    'src/reconcile/probe.ts': {
      allowed: [
        './decide.ts',
        '../links/links.ts',
        '../entities/registry.ts',
        '../errors.ts',
        '../backends/backend.ts',
      ],
      forbidden: [
        '../sources/poller.ts',
        '../http/server.ts',
        '../backends/app/app-client.ts',
        '../db/schema.ts',
        'kysely',
      ],
    },
    'src/reconcile/decide.ts': {
      allowed: ['./merge-fields.ts', '../entities/define-entity.ts'],
      forbidden: [
        './controller.ts',
        '../links/links.ts',
        '../errors.ts',
        '../backends/backend.ts',
        'zod',
        'node:crypto',
      ],
    },
    'src/reconcile/merge-fields.ts': {
      allowed: ['../entities/define-entity.ts'],
      forbidden: ['../links/links.ts', '../errors.ts', 'kysely', 'node:assert'],
    },
    'src/doctor/probe.ts': {
      allowed: [
        './check.ts',
        '../config.ts',
        '../identity.ts',
        '../webhook-self-test.ts',
        '../db/migrate.ts',
        '../links/cursors.ts',
        '../entities/registry.ts',
        '../backends/odoo/transport.ts',
        '../errors.ts',
        'zod',
        'node:tls',
      ],
      forbidden: [
        '../reconcile/controller.ts',
        '../http/server.ts',
        '../context.ts',
        '../sources/poller.ts',
        'fastify',
      ],
    },
    'src/explain/probe.ts': {
      allowed: [
        './tell-why.ts',
        '../links/stories.ts',
        '../entities/registry.ts',
        '../reconcile/decide.ts',
        '../backends/look.ts',
        '../errors.ts',
      ],
      forbidden: [
        '../backends/odoo/transport.ts',
        '../sources/poller.ts',
        '../http/server.ts',
        '../context.ts',
        '../db/schema.ts',
        'kysely',
      ],
    },
    'src/http/probe.ts': {
      allowed: [
        './server.ts',
        '../sources/poller.ts',
        '../links/links.ts',
        '../accounting/export-request.ts',
        '../errors.ts',
        'fastify',
        '@fastify/sensible',
      ],
      forbidden: [
        '../reconcile/controller.ts',
        '../backends/backend.ts',
        '../accounting/fec.ts',
        '../db/schema.ts',
        '../config.ts',
        'kysely',
      ],
    },
    'src/http/routes/probe.ts': {
      allowed: ['../server.ts', '../../sources/poller.ts', '../../links/links.ts', '../../errors.ts', 'zod'],
      forbidden: ['../../reconcile/controller.ts', '../../backends/odoo/transport.ts', '../../context.ts'],
    },
    'src/http/ops/probe.js': {
      allowed: ['./store.js', './preact.js'],
      forbidden: ['../server.ts', '../../links/links.ts', './../problem.ts', 'preact', 'zod', 'node:fs'],
    },
    'src/context.ts': {
      allowed: ['./config.ts', './reconcile/controller.ts', './http/server.ts', 'pino'],
      forbidden: [],
    },
    'src/logger.ts': {
      allowed: ['pino', 'rotating-file-stream', 'node:fs'],
      forbidden: ['./config.ts', './errors.ts'],
    },
    // What the composition root hands out is put to work in these: the process and the commands.
    'src/serve.ts': { allowed: ['./context.ts', './http/server.ts', './sources/schedule.ts'], forbidden: [] },
    'src/overview.ts': { allowed: ['./context.ts', './links/activity.ts', './entities/registry.ts'], forbidden: [] },
    'src/health-report.ts': { allowed: ['./context.ts', './http/health.ts'], forbidden: [] },
    'src/export-accounting.ts': {
      allowed: ['./context.ts', './accounting/fec.ts', './backends/odoo/endpoints/accounting.ts'],
      forbidden: [],
    },
    'src/identity.ts': { allowed: ['./links/cursors.ts', './backends/odoo/identify-odoo.ts', 'zod'], forbidden: [] },
    'src/mailing.ts': { allowed: ['./context.ts', './links/mentions.ts', './reconcile/context.ts'], forbidden: [] },
    'src/refuse-others.ts': { allowed: ['./context.ts', './backends/look.ts'], forbidden: [] },
    'src/setup-odoo.ts': { allowed: ['./context.ts', './backends/odoo/automations.ts'], forbidden: [] },
    'src/reconcile-context.ts': { allowed: ['./context.ts', './mailing.ts', './reconcile/context.ts'], forbidden: [] },
    'src/dry-runs.ts': { allowed: ['./plan-sides.ts', './reconcile/work.ts', './sources/resync.ts'], forbidden: [] },
    'src/plan-sides.ts': { allowed: ['./context.ts', './backends/overlay.ts'], forbidden: [] },
    'src/print-plan.ts': { allowed: ['./links/run-changes.ts'], forbidden: [] },
    'src/sync-until-done.ts': { allowed: ['./reconcile-context.ts', './sources/resync.ts'], forbidden: [] },
    'src/sync-commands.ts': {
      allowed: ['./dry-runs.ts', './sync-until-done.ts', './run-progress.ts', 'commander'],
      forbidden: [],
    },
    'src/rebind.ts': { allowed: ['./context.ts', './links/bound-links.ts'], forbidden: [] },
    'src/command-line.ts': { allowed: ['./context.ts', './refuse-others.ts'], forbidden: [] },
    'src/decision-commands.ts': {
      allowed: ['./entities/registry.ts', './command-line.ts', 'commander'],
      forbidden: [],
    },
    'src/audit-command.ts': { allowed: ['./command-line.ts', './links/audit.ts', 'commander'], forbidden: [] },
    'src/explain-command.ts': { allowed: ['./serve.ts', './explain/explain-record.ts', 'commander'], forbidden: [] },
    'src/record-argument.ts': {
      allowed: ['./entities/registry.ts', './command-line.ts', 'commander'],
      forbidden: [],
    },
    'src/run-progress.ts': { allowed: ['./links/runs.ts'], forbidden: [] },
    'src/logs-command.ts': { allowed: ['./links/export-logs.ts', './command-line.ts', 'commander'], forbidden: [] },
    'src/erase-command.ts': { allowed: ['./reconcile-context.ts', './erase-record.ts', 'commander'], forbidden: [] },
    'src/erase-record.ts': {
      allowed: ['./explain/look-at-record.ts', './links/erasures.ts', './reconcile/context.ts'],
      forbidden: [],
    },
    'src/disaster-commands.ts': { allowed: ['./rebind.ts', './sources/relink.ts', 'commander'], forbidden: [] },
    'src/doctor-command.ts': { allowed: ['./doctor/examine.ts', './command-line.ts', 'commander'], forbidden: [] },
    'src/webhook-self-test.ts': {
      allowed: ['./backends/odoo/webhook-automations.ts', './db/open-database.ts', './links/cursors.ts'],
      forbidden: [],
    },
    'src/metrics.ts': { allowed: ['./links/links.ts', './backends/clock-offset.ts', 'prom-client'], forbidden: [] },
    'src/alerts.ts': { allowed: ['./context.ts', './alert-causes.ts', './links/alerts.ts'], forbidden: [] },
    'src/alert-causes.ts': { allowed: ['./key-watch.ts', './links/alerts.ts'], forbidden: [] },
    'src/key-watch.ts': { allowed: ['./context.ts', './backends/odoo/key-expiry.ts'], forbidden: [] },
    'src/main.ts': { allowed: ['./context.ts', './sources/poller.ts'], forbidden: [] },
    'src/cli.ts': { allowed: ['./context.ts', './backends/odoo/transport.ts', 'commander'], forbidden: [] },
    'migrations/0002_probe.ts': { allowed: ['kysely'], forbidden: ['../src/db/schema.ts', 'pg', 'node:fs'] },
  };

/** Lints one file per import in a copy of the project's rules; returns those whose import was refused. */
async function findRefused(folder: string, imports: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> {
  for (const name of ['biome.json', '.gitignore', 'package.json']) await cp(join(ROOT, name), join(folder, name));
  for (const [file, source] of imports) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), `import type { Probe } from '${source}';\n\nexport type X = Probe;\n`);
  }
  const args = [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none'];
  // Biome leaves with 1 when it found something, which is what is wanted here.
  const run = promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 1e8 });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  const refused = diagnostics.filter(({ category }) => category === 'lint/style/noRestrictedImports');
  return new Set(refused.map(({ location }) => location.path));
}

for (const kind of ['allowed', 'forbidden'] as const) {
  t.test(`${kind} imports`, async (t) => {
    // Some rules are about one file: each of its imports is tried in a copy of its own.
    const rounds = Math.max(...Object.values(TABLE).map((row) => row[kind].length));
    for (let round = 0; round < rounds; round += 1) {
      const imports = new Map<string, string>();
      for (const [file, row] of Object.entries(TABLE)) {
        const source = row[kind][round];
        if (source !== undefined) imports.set(file, source);
      }
      const refused = await findRefused(join(t.testdir({ [`${round}`]: {} }), `${round}`), imports);
      for (const [file, source] of imports) {
        t.equal(refused.has(file), kind === 'forbidden', `${file} importing ${source} is ${kind}`);
      }
    }
  });
}

t.test('every folder and file of src stands in the table', async (t) => {
  const rooms = new Set(Object.keys(TABLE).map((file) => file.split('/')[1]));
  for (const entry of await readdir(join(ROOT, 'src'))) t.ok(rooms.has(entry), `${entry} has a row`);
});
