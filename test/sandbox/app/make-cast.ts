/** Records that others point to: teacher 1, tenant 1, guest 1, and so on. */
import type { TestApp } from './start-test-app.ts';

export async function makeCast(app: TestApp): Promise<void> {
  await app.send('POST', '/api/teachers', { name: 'Ada', email: 'ada@example.org' });
  await app.send('POST', '/api/tenants', { name: 'Tom' });
  await app.send('POST', '/api/guests', { name: 'Gil' });
}
