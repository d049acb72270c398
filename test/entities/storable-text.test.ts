import fc from 'fast-check';
import t from 'tap';
import { findUnstorable } from '../../src/entities/storable-text.ts';

t.test('what people write can be stored', async (t) => {
  t.equal(findUnstorable({}), null);
  t.equal(findUnstorable({ name: 'Zoë 😀', notes: 'a\tb\r\nc', phone: null, active: true, seats: 3 }), null);
  t.equal(findUnstorable({ name: '\u0080\u009f\ufffd\u{10ffff}' }), null, 'strange, but XML and PostgreSQL carry it');
});

t.test('a text that cannot be stored is told by its field, not by itself', async (t) => {
  const unstorable = [
    '\u0000',
    '\u0008',
    '\u000b',
    '\u000c',
    '\u000e',
    '\u001f',
    '\ufffe',
    '\uffff',
    '\ud83d',
    '\ude00\ud83d',
  ];
  for (const character of unstorable) {
    const detail = findUnstorable({ active: true, name: 'Ada', city: `s3cret${character}`, notes: '\u0000' });
    t.match(
      detail,
      { code: 'unstorable_characters', message: /"city"/, remedy: /"city"/ },
      encodeURI(JSON.stringify(character)),
    );
    t.notMatch(JSON.stringify(detail), /s3cret|notes/);
  }
});

t.test('exactly what has no UTF-8 or no XML', async (t) => {
  const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
  /** XML 1.0, production 2. */
  const xmlCharacter = (code: number) =>
    [0x9, 0xa, 0xd].includes(code) ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    code > 0xffff;
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyText, (name) => {
        const storable = [...name].every((character) => xmlCharacter(character.codePointAt(0) ?? 0));
        return (findUnstorable({ name }) === null) === storable;
      }),
    ),
  );
});
