/** Events on their way to the bridge: late, doubled, out of order or lost. The app sends again until it is acknowledged. */
import type { Side } from '../../src/entities/define-entity.ts';
import type { Delivery } from '../../src/links/links.ts';
import type { Scheduler } from './scheduler.ts';

export type Receive = (delivery: Delivery) => Promise<unknown>;

export interface Webhooks {
  fromApp(entity: string, id: string): void;
  fromOdoo(id: number): void;
  disturb(side: Side, mode: 'lose' | 'double' | 'delay', forMs: number): void;
  heal(): void;
  /** How many are on their way. */
  underWay(): number;
  /** Deliveries that the bridge has answered for, with the true time of their event. */
  readonly acknowledged: readonly { readonly delivery: Delivery; readonly sentAt: number }[];
}

/** Standard Webhooks: at once, after 5 seconds, after 5 minutes. */
const APP_RETRIES_MS = [5_000, 300_000];

/** @param door a bridge process that listens, or null when none does */
export function createWebhooks(scheduler: Scheduler, door: () => Receive | null): Webhooks {
  const { random } = scheduler;
  const disturbed = new Map<Side, { mode: string; until: number }>();
  const acknowledged: { delivery: Delivery; sentAt: number }[] = [];
  let lastId = 0;
  let underWay = 0;

  function send(delivery: Delivery, retries: readonly number[], sentAt: number, delayMs: number): void {
    underWay += 1;
    scheduler.after(delayMs, () => {
      underWay -= 1;
      const receive = door();
      const failed = () => {
        const [next, ...later] = retries;
        if (next !== undefined) send(delivery, later, sentAt, next);
      };
      if (!receive) return failed();
      receive(delivery).then(() => acknowledged.push({ delivery, sentAt }), failed);
    });
  }

  function dispatch(delivery: Delivery, retries: readonly number[]): void {
    const { mode, until } = disturbed.get(delivery.source) ?? { mode: '', until: 0 };
    const active = scheduler.now() < until ? mode : '';
    if (active === 'lose') return;
    const delayMs = active === 'delay' ? random.between(5_000, 400_000) : random.between(5, 600);
    send(delivery, retries, scheduler.now(), delayMs);
    if (active === 'double') send(delivery, [], scheduler.now(), random.between(5, 120_000));
  }

  return {
    fromApp(entity, recordId) {
      lastId += 1;
      const delivery: Delivery = {
        source: 'app',
        deliveryId: `w${lastId}`,
        entity,
        odooModel: 'res.partner',
        recordId,
      };
      dispatch(delivery, APP_RETRIES_MS);
    },
    fromOdoo(id) {
      dispatch({ source: 'odoo', deliveryId: null, entity: null, odooModel: 'res.partner', recordId: String(id) }, []);
    },
    disturb(side, mode, forMs) {
      disturbed.set(side, { mode, until: scheduler.now() + forMs });
    },
    heal: () => disturbed.clear(),
    underWay: () => underWay,
    acknowledged,
  };
}
