/** Whether the app is there, lets the bridge in and keeps the contract: asked in ways that change nothing. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { dataSchema, pageSchema, parseAnswer, resultsSchema } from '../backends/app/app-records.ts';
import { entities } from '../entities/registry.ts';
import { teacher } from '../entities/teacher.ts';
import { BridgeError, describeError } from '../errors.ts';
import { type Finding, fail, ok, type Probe, Unmet, type Variable, warn } from './check.ts';
import { describeClock } from './describe-clock.ts';
import type { Lab } from './lab.ts';
import { lookAtTls } from './look-at-tls.ts';

const APP_ACCESS: readonly Variable[] = ['APP_URL', 'APP_API_TOKEN'];
const MEND = 'Compare the app with the contract of the bridge and mend the app.';
/** No app has it. */
const unknownId = () => `bridge-doctor-${randomUUID()}`;
/** Codes of an app that is not there, or does not let us in. */
const AWAY = /^(app_unreachable|app_bad_certificate|app_refused_token|bad_app_token|app_timeout)$/;

/** One record of the teachers: the smallest question that needs address and token to be right. */
async function ask(lab: Lab) {
  const { body, sentAt, receivedAt } = await lab.app('GET', '/bridge/teachers?limit=1');
  const page = parseAnswer(pageSchema, body, teacher);
  const serverTime = Date.parse(page.server_time);
  lab.clocks.app.observe({ from: serverTime, to: serverTime, sentAt, receivedAt });
  return page;
}

const reached: Probe = {
  name: 'app_url',
  needs: ['APP_URL'],
  async look(lab) {
    if (lab.inspected.settings.APP_API_TOKEN === undefined) throw new Unmet('app_token');
    const problem = await tell(() => lab.app('GET', '/bridge/teachers?limit=1'));
    if (problem === null || problem.code === 'app_refused_token') return ok('The app answers there.');
    if (problem.code === 'bad_app_token') throw new Unmet('app_token');
    if (problem.code === 'app_bad_certificate') throw new Unmet('app_tls');
    return fail(problem.message, problem.remedy);
  },
};

const tls: Probe = {
  name: 'app_tls',
  needs: ['APP_URL'],
  look: (lab) => lookAtTls('APP_URL', lab.setting('APP_URL'), lab.timeoutMs),
};

const token: Probe = {
  name: 'app_token',
  needs: APP_ACCESS,
  async look(lab) {
    const problem = await tell(() => lab.app('GET', '/bridge/teachers?limit=1'));
    if (problem === null) return ok('The app takes the token.');
    if (/^(app_refused_token|bad_app_token)$/.test(problem.code)) return fail(problem.message, problem.remedy);
    throw new Unmet('app_url');
  },
};

async function tell(work: () => Promise<unknown>) {
  try {
    await work();
    return null;
  } catch (error) {
    return describeError(error);
  }
}

/** An app that is away or refuses the token has checks of its own. */
async function withApp<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BridgeError && AWAY.test(error.code)) {
      throw new Unmet(/token/.test(error.code) ? 'app_token' : 'app_url');
    }
    throw error;
  }
}

const list: Probe = {
  name: 'app_list',
  needs: APP_ACCESS,
  look: (lab) =>
    withApp(async () => {
      const bad: string[] = [];
      for (const entity of entities) {
        const { body } = await lab.app('GET', `/bridge/${entity.collection}?limit=1`);
        if (parseAnswer(pageSchema, body, entity).data.bad.length > 0) bad.push(entity.collection);
      }
      const names = entities.map(({ collection }) => collection).join(', ');
      if (bad.length === 0) return ok(`The app lists all collections as the contract says: ${names}.`);
      return fail(`Records of ${bad.join(', ')} lack id, updated_at or deleted_at as the contract has them.`, MEND);
    }),
};

const byId: Probe = {
  name: 'app_ids',
  needs: APP_ACCESS,
  look: (lab) =>
    withApp(async () => {
      const known = (await ask(lab)).data.good[0]?.id;
      const unknown = unknownId();
      const ids = known === undefined ? unknown : `${unknown},${known}`;
      const { body } = await lab.app('GET', `/bridge/teachers?${new URLSearchParams({ ids })}`);
      const found = parseAnswer(dataSchema, body, teacher).data.good.map(({ id }) => id);
      const right = found.length === (known === undefined ? 0 : 1) && found[0] === known;
      if (right) return ok('A request with ids= answers with the records that there are, and leaves the others out.');
      return fail('A request with ids= does not answer with just the records of those ids that there are.', MEND);
    }),
};

const batch: Probe = {
  name: 'app_batch',
  needs: APP_ACCESS,
  look: (lab) =>
    withApp(async () => {
      const one = { op: 'update', id: unknownId(), idempotency_key: randomUUID(), if_updated_at: EPOCH, fields: {} };
      const { body } = await lab.app('POST', '/bridge/teachers/batch', { operations: [one, { ...one, op: 'none' }] });
      const { results } = parseAnswer(resultsSchema, body, teacher);
      const statuses = results.map(({ status }) => status).join(', ');
      if (statuses === 'not_found, invalid') {
        return ok(
          'A batch answers each operation in its place: not_found for an unknown id, invalid for an unknown op.',
        );
      }
      return fail(
        `A batch of an update of an unknown id and of an unknown op is answered with "${statuses}", not with "not_found, invalid".`,
        MEND,
      );
    }),
};

const EPOCH = '1970-01-01T00:00:00.000Z';
const problemSchema = z.looseObject({ title: z.string(), status: z.number() });

interface Mistake {
  readonly what: string;
  readonly path: string;
  readonly token: 'none' | 'right';
  readonly status: number;
}

const MISTAKES: readonly Mistake[] = [
  { what: 'a request without a token', path: '/bridge/teachers?limit=1', token: 'none', status: 401 },
  { what: 'an unknown collection', path: '/bridge/no-such-collection', token: 'right', status: 404 },
];

const errors: Probe = {
  name: 'app_errors',
  needs: APP_ACCESS,
  look: (lab) =>
    withApp(async () => {
      await ask(lab);
      const wrong: Finding[] = [];
      for (const mistake of MISTAKES) {
        const finding = await provoke(lab, mistake);
        if (finding !== null) wrong.push(finding);
      }
      return wrong.find(({ status }) => status === 'fail') ?? wrong[0] ?? ok('Errors are answered as problem+json.');
    }),
};

async function provoke(lab: Lab, { what, path, token: sent, status }: Mistake): Promise<Finding | null> {
  const headers = sent === 'none' ? {} : { authorization: `Bearer ${lab.setting('APP_API_TOKEN')}` };
  const signal = AbortSignal.timeout(lab.timeoutMs);
  const url = lab.setting('APP_URL').replace(/\/+$/, '') + path;
  const answer = await fetch(url, { headers, redirect: 'manual', signal });
  const body = await answer.json().catch(() => null);
  if (answer.status === 200 && sent === 'none') return fail('The app answers without a token.', MEND);
  if (answer.status !== status) return fail(`The app answers ${what} with HTTP ${answer.status}, not ${status}.`, MEND);
  const type = answer.headers.get('content-type') ?? '';
  if (type.startsWith('application/problem+json') && problemSchema.safeParse(body).success) return null;
  return warn(`The app answers ${what} with something else than problem+json.`, MEND);
}

const clock: Probe = {
  name: 'app_clock',
  needs: APP_ACCESS,
  look: (lab) =>
    withApp(async () => {
      await ask(lab);
      return describeClock(lab.clocks.app, "The app's");
    }),
};

export const APP_CHECKS: readonly Probe[] = [reached, tls, token, list, byId, batch, errors, clock];
