import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { isLook, look } from '../../src/backends/look.ts';

t.test('what comes of a look is known as one, however late; what runs beside it is not', async (t) => {
  const deep = async () => {
    await sleep(5);
    return isLook();
  };
  const [looking, working] = await Promise.all([look(deep), deep()]);
  t.same([looking, working, isLook()], [true, false, false]);
});
