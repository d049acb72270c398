/** Records that others point to, each the first of its collection. */
import type { TestApp } from './start-test-app.ts';

/** Teacher 1, tenant 1, guest 1. */
export async function makeCast(app: TestApp): Promise<void> {
  await app.send('POST', '/api/teachers', { name: 'Ada', email: 'ada@example.org', city: 'Lyon' });
  await app.send('POST', '/api/tenants', { name: 'Tom' });
  await app.send('POST', '/api/guests', { name: 'Gil' });
}

/** The cast, apartment 1, travel 1 and mailing list 1. */
export async function makeScene(app: TestApp): Promise<void> {
  await makeCast(app);
  await app.send('POST', '/api/apartments', { name: 'Quai 4' });
  await app.send('POST', '/api/travels', { title: 'Lisbon', teacher_id: '1' });
  await app.send('POST', '/api/mailing-lists', { name: 'All', members: [{ entity: 'teacher', id: '1' }] });
}
