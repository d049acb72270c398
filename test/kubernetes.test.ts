/** deploy/kubernetes.yaml fits the bridge: its settings, paths and ports; and the bridge runs as it would run there. */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { startTravelApp } from '../sandbox/app/start-app.ts';
import { waitUntil } from '../sandbox/people/wait-until.ts';
import { findQuietPort } from '../sandbox/world/free-port.ts';
import { ConfigError, readConfig } from '../src/config.ts';
import { createTestDatabase } from './support/postgres.ts';

const ROOT = join(import.meta.dirname, '..');
const LABELS = { 'app.kubernetes.io/name': 'odoo-bridge' };

const metadata = z.strictObject({ name: z.literal('odoo-bridge'), labels: z.record(z.string(), z.string()) });
const selector = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });
const named = z.strictObject({ name: z.string() });
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.literal('http') }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number(),
});
const container = z.strictObject({
  name: z.string(),
  image: z.string().regex(/:\d+\.\d+\.\d+$/, 'a version, not latest'),
  ports: z.tuple([z.strictObject({ name: z.literal('http'), containerPort: z.number() })]),
  envFrom: z.tuple([z.strictObject({ configMapRef: named }), z.strictObject({ secretRef: named })]),
  startupProbe: probe,
  livenessProbe: probe,
  readinessProbe: probe,
  lifecycle: z.looseObject({}),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string() })),
});
const kinds = {
  ConfigMap: z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.string(),
    metadata,
    data: z.record(z.string(), z.string('a number must be quoted')),
  }),
  Secret: z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.string(),
    metadata,
    type: z.literal('Opaque'),
    stringData: z.record(z.string(), z.string()),
  }),
  Deployment: z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.string(),
    metadata,
    spec: z.strictObject({
      replicas: z.number().min(2),
      selector,
      strategy: z.strictObject({
        type: z.literal('RollingUpdate'),
        rollingUpdate: z.strictObject({ maxUnavailable: z.literal(0), maxSurge: z.literal(1) }),
      }),
      template: z.strictObject({
        metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
        spec: z.strictObject({
          automountServiceAccountToken: z.literal(false),
          terminationGracePeriodSeconds: z.number(),
          securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.number().min(1) }),
          topologySpreadConstraints: z.array(z.looseObject({ labelSelector: selector })),
          containers: z.tuple([container]),
          volumes: z.array(z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: z.string() }) })),
        }),
      }),
    }),
  }),
  Service: z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.string(),
    metadata,
    spec: z.strictObject({
      type: z.literal('ClusterIP'),
      selector: z.record(z.string(), z.string()),
      ports: z.tuple([z.strictObject({ name: z.literal('http'), port: z.number(), targetPort: z.literal('http') })]),
    }),
  }),
  PodDisruptionBudget: z.strictObject({
    apiVersion: z.literal('policy/v1'),
    kind: z.string(),
    metadata,
    spec: z.strictObject({ minAvailable: z.number().min(1), selector }),
  }),
  Ingress: z.strictObject({
    apiVersion: z.literal('networking.k8s.io/v1'),
    kind: z.string(),
    metadata,
    spec: z.looseObject({
      tls: z.tuple([z.strictObject({ hosts: z.array(z.string()), secretName: z.string() })]),
      rules: z.tuple([
        z.strictObject({
          host: z.string(),
          http: z.strictObject({
            paths: z.tuple([
              z.strictObject({
                path: z.string(),
                pathType: z.literal('Prefix'),
                backend: z.strictObject({
                  service: z.strictObject({ name: z.string(), port: z.strictObject({ name: z.literal('http') }) }),
                }),
              }),
            ]),
          }),
        }),
      ]),
    }),
  }),
  NetworkPolicy: z.strictObject({
    apiVersion: z.literal('networking.k8s.io/v1'),
    kind: z.string(),
    metadata,
    spec: z.strictObject({
      podSelector: selector,
      policyTypes: z.tuple([z.literal('Ingress'), z.literal('Egress')]),
      ingress: z.array(z.looseObject({ from: z.array(z.looseObject({})) })),
      egress: z.array(z.looseObject({ ports: z.array(z.looseObject({ port: z.number() })) })),
    }),
  }),
} as const;

/** Every document, by its kind; each kind once. */
async function readManifest() {
  const documents = parseAllDocuments(await readFile(join(ROOT, 'deploy', 'kubernetes.yaml'), 'utf8'));
  const found = documents.map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return z.looseObject({ kind: z.enum(Object.keys(kinds) as (keyof typeof kinds)[]) }).parse(document.toJS());
  });
  const one = <Kind extends keyof typeof kinds>(kind: Kind): z.infer<(typeof kinds)[Kind]> => {
    const [document, ...others] = found.filter((document) => document.kind === kind);
    if (others.length > 0) throw new Error(`${kind} is there several times`);
    return kinds[kind].parse(document) as z.infer<(typeof kinds)[Kind]>;
  };
  return { count: found.length, one };
}

t.test('every object is well formed, and they belong together', async (t) => {
  const { count, one } = await readManifest();
  t.equal(count, Object.keys(kinds).length);
  const { spec } = one('Deployment');
  const { metadata, spec: pod } = spec.template;
  const [bridge] = pod.containers;
  for (const labels of [
    metadata.labels,
    spec.selector.matchLabels,
    one('Service').spec.selector,
    one('PodDisruptionBudget').spec.selector.matchLabels,
    one('NetworkPolicy').spec.podSelector.matchLabels,
    pod.topologySpreadConstraints[0]?.labelSelector.matchLabels,
  ]) {
    t.same(labels, LABELS);
  }
  t.same(bridge.envFrom, [{ configMapRef: { name: 'odoo-bridge' } }, { secretRef: { name: 'odoo-bridge' } }]);
  t.same(
    bridge.volumeMounts.map(({ name }) => name),
    pod.volumes.map(({ name }) => name),
    'what is mounted is there',
  );
  t.ok(one('PodDisruptionBudget').spec.minAvailable < spec.replicas, 'a node can be emptied');
  const [{ host, http }] = one('Ingress').spec.rules;
  t.same(one('Ingress').spec.tls[0].hosts, [host]);
  t.equal(http.paths[0].backend.service.name, one('Service').metadata.name);
  t.equal(http.paths[0].path, '/webhooks/', 'nothing else is to be reached from outside');
});

t.test('the settings are those of the bridge: complete, and refused until the secrets are replaced', async (t) => {
  const { one } = await readManifest();
  const { data } = one('ConfigMap');
  const { stringData } = one('Secret');
  const source = await readFile(join(ROOT, 'src', 'config.ts'), 'utf8');
  const known = new Set([...source.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name));
  for (const name of [...Object.keys(data), ...Object.keys(stringData)]) t.ok(known.has(name), `${name} is a setting`);
  for (const name of Object.keys(data)) t.notMatch(name, /KEY|TOKEN|SECRET|DATABASE/, 'no secret is in the ConfigMap');
  t.throws(() => readConfig({ ...data, ...stringData }), ConfigError);
  const secret = randomBytes(16).toString('hex');
  const replaced = {
    ...Object.fromEntries(Object.keys(stringData).map((name) => [name, secret])),
    DATABASE_URL: stringData.DATABASE_URL ?? '',
    APP_WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
  };
  const config = readConfig({ ...data, ...replaced });
  const [bridge] = one('Deployment').spec.template.spec.containers;
  t.equal(bridge.ports[0].containerPort, config.PORT);
  t.equal(config.HOST, '0.0.0.0', 'it is reached from outside its own pod');
  t.ok(
    bridge.volumeMounts.some(({ mountPath }) => config.LOG_FILE.startsWith(`${mountPath}/`)),
    'the log can be kept',
  );
  t.equal(new URL(config.BRIDGE_PUBLIC_URL ?? '').hostname, one('Ingress').spec.rules[0].host);
  t.equal(new URL(config.DATABASE_URL ?? '').searchParams.get('sslmode'), 'verify-full');
  const ports = one('NetworkPolicy').spec.egress.flatMap(({ ports }) => ports.map(({ port }) => port));
  for (const url of [config.DATABASE_URL, config.ODOO_URL, config.APP_URL]) {
    const { port, protocol } = new URL(url ?? '');
    t.ok(ports.includes(Number(port || (protocol === 'https:' && 443))), `${protocol} may leave`);
  }
  const { terminationGracePeriodSeconds } = one('Deployment').spec.template.spec;
  t.ok(terminationGracePeriodSeconds > config.ODOO_CALL_MAX_SECONDS, 'a call that is under way may end');
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  t.match(dockerfile, `DATA_DIR=${config.DATA_DIR}`);
});

t.test('what Prometheus is told of it', async (t) => {
  const [document] = parseAllDocuments(await readFile(join(ROOT, 'deploy', 'kubernetes-monitoring.yaml'), 'utf8'));
  t.match(document?.toJS(), {
    kind: 'PodMonitor',
    spec: {
      selector: { matchLabels: LABELS },
      podMetricsEndpoints: [{ port: 'http', path: '/metrics', authorization: { type: 'Bearer' } }],
    },
  });
});

t.test('the bridge runs as a user without rights, on a file system that cannot be written to', async (t) => {
  const { one } = await readManifest();
  const pod = one('Deployment').spec.template.spec;
  const [bridge] = pod.containers;
  const dataDir = t.testdir();
  const user = String(pod.securityContext.runAsUser);
  // A namespace of its own, so that the machine itself stays as it is.
  const script = [
    'mount --bind / / && mount -o remount,ro,bind / && mount -t tmpfs -o uid=$BRIDGE_USER tmpfs "$DATA_DIR"',
    'exec setpriv --reuid $BRIDGE_USER --regid $BRIDGE_USER --clear-groups --no-new-privs --bounding-set=-all -- "$@"',
  ].join(' && ');
  const prefix = ['--mount', 'sh', '-c', script, 'sh'];
  const path = { PATH: process.env.PATH ?? '', BRIDGE_USER: user, DATA_DIR: dataDir };
  const tried = promisify(execFile)('unshare', [...prefix, 'test', '-r', join(ROOT, 'src', 'main.ts')], { env: path });
  if (
    !(await tried.then(
      () => true,
      () => false,
    ))
  ) {
    t.comment('No rights here to make a file system that cannot be written to: not tried.');
    return;
  }
  const [appDatabase, database] = await Promise.all([createTestDatabase(t, { empty: true }), createTestDatabase(t)]);
  const app = await startTravelApp({ databaseUrl: appDatabase.url, apiToken: 'none' });
  t.teardown(() => app.close());
  const port = await findQuietPort();
  const env = {
    ...path,
    ...one('ConfigMap').data,
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    // Nobody is there: the bridge lives and is ready all the same.
    ODOO_URL: 'http://127.0.0.1:9',
    APP_URL: app.url,
    ODOO_API_KEY: 'none',
    APP_API_TOKEN: 'none',
    DATABASE_URL: database.url,
  };
  await mkdir(dataDir, { recursive: true });
  const child = spawn('unshare', [...prefix, process.execPath, join(ROOT, 'src', 'main.ts')], { env, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  const over = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGTERM');
    t.comment(`it ended with ${await over}`);
  });
  const ask = (probed: string) =>
    fetch(`http://127.0.0.1:${port}${probed}`).then(
      ({ status }) => status,
      () => null,
    );
  const up = () => ask(bridge.startupProbe.httpGet.path);
  await waitUntil('it is up', async () => (await up()) === 200, 40_000, 100).catch(() => t.fail(said));
  for (const { httpGet } of [bridge.startupProbe, bridge.livenessProbe, bridge.readinessProbe]) {
    t.equal(await ask(httpGet.path), 200, httpGet.path);
  }
  t.match(said, /bridge is running/);
});
