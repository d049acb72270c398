import t from 'tap';
import { type Candidate, chooseMatch } from '../../src/reconcile/choose-match.ts';

const anna = (more: Partial<Candidate> = {}): Candidate => ({
  id: '7',
  name: 'anna',
  isCompany: false,
  linked: 'free',
  ...more,
});
const ask = (candidates: Candidate[], ownSideCount = 1) =>
  chooseMatch({ name: 'anna', isCompany: false, candidates, ownSideCount });

t.test('nobody has the e-mail: create', async (t) => {
  t.match(ask([]), { kind: 'create' });
});
t.test('one free namesake: link', async (t) => {
  t.match(ask([anna()]), { kind: 'link', id: '7' });
});
t.test('a namesake that is another kind of person already: link, it becomes both', async (t) => {
  t.match(ask([anna({ linked: 'other_entity' })]), { kind: 'link', id: '7' });
});
t.test('a namesake linked to another record of this kind: a possible duplicate', async (t) => {
  t.match(ask([anna({ linked: 'same_entity' })]), { kind: 'hold', candidates: ['7'] });
});
t.test('a company with the e-mail is nobody', async (t) => {
  t.match(ask([anna({ isCompany: true })]), { kind: 'create' });
});
t.test('a free record with another name: a person decides', async (t) => {
  t.match(ask([anna({ name: 'bert' })]), { kind: 'hold', candidates: ['7'] });
});
t.test('known people with other names share the mailbox: create', async (t) => {
  t.match(ask([anna({ name: 'bert', linked: 'same_entity' }), anna({ name: 'carl', linked: 'other_entity' })]), {
    kind: 'create',
  });
});
t.test('a shared mailbox is no identity: hold', async (t) => {
  t.match(ask([anna(), anna({ id: '8', name: 'bert', linked: 'same_entity' })]), {
    kind: 'hold',
    candidates: ['7', '8'],
  });
  t.match(ask([anna(), anna({ id: '8' })]), { kind: 'hold', candidates: ['7', '8'] });
  t.match(ask([anna()], 2), { kind: 'hold', candidates: ['7'] });
});
