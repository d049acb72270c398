import fc from 'fast-check';
import t from 'tap';
import * as codecs from '../../src/entities/codecs.ts';

t.test('text: empty is null, outer blanks and CRLF are no difference', async (t) => {
  t.equal(codecs.text('  a\r\nb '), 'a\nb');
  t.equal(codecs.text(75001), '75001');
  for (const empty of ['', '   ', null, undefined, false, Number.NaN]) t.equal(codecs.text(empty), null);
});

t.test('what Odoo gives', async (t) => {
  t.equal(codecs.orFalse(null), false);
  t.equal(codecs.orFalse(undefined), false);
  t.equal(codecs.orFalse('x'), 'x');
  t.equal(codecs.many2one(7), 7);
  t.equal(codecs.many2one([7, 'Name']), 7);
  t.equal(codecs.many2one(false), null);
  t.same(codecs.idList([1, 'x', 2]), [1, 2]);
  t.same(codecs.idList(false), []);
});

t.test('keys for matching', async (t) => {
  t.equal(codecs.normalizeEmail('  Anna@Example.ORG '), 'anna@example.org');
  t.equal(codecs.normalizeEmail('no address'), null);
  t.equal(codecs.normalizeEmail(null), null);
  t.equal(codecs.foldName('Dupont-Lévêque, ÉLISE'), codecs.foldName('elise dupont leveque'));
  t.not(codecs.foldName('Anna Dupont'), codecs.foldName('Anne Dupont'));
  t.equal(codecs.foldName(null), '');
  t.equal(codecs.foldExact(' Lycée Ampère '), 'lycée ampère');
  t.not(codecs.foldExact('Lycee Ampere'), codecs.foldExact('Lycée Ampère'), 'companies match exactly but for case');
  t.equal(codecs.foldExact(null), '');
});

t.test('notes go through HTML and back', async (t) => {
  t.equal(codecs.textToHtml('a < b & "c"\nd'), '<p>a &lt; b &amp; "c"<br>d</p>');
  t.equal(codecs.textToHtml(null), false);
  t.equal(codecs.htmlToText(false), null);
  t.equal(codecs.htmlToText('<p>Hi <b>you</b></p>\n<p>there</p>'), 'Hi you\nthere');
  t.equal(codecs.htmlToText('<p><br></p>'), null, 'an empty editor is empty');
  t.equal(codecs.htmlToText('a<script>alert(1)</script>b<style>p{}</style>'), 'ab');
  t.equal(codecs.htmlToText('&#65;&#x42;&eacute;&nbsp;&unknown;&#0;c'), 'AB&eacute; &unknown;&#0;c');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab<>&"\'; \n#x1é😀') }), (plain) => {
      // Blanks at line ends are all that the way through HTML may lose.
      const tidy = (value: string | null) => value?.replace(/ *\n */g, '\n') ?? null;
      return codecs.htmlToText(codecs.textToHtml(plain)) === codecs.text(tidy(codecs.text(plain)) ?? '');
    }),
    { numRuns: 1_000 },
  );
});

t.test('languages', async (t) => {
  t.equal(codecs.odooLanguageToTag('fr_FR'), 'fr-FR');
  t.equal(codecs.odooLanguageToTag('eo'), 'eo');
  t.equal(codecs.odooLanguageToTag('sr@latin'), 'sr-Latn');
  t.equal(codecs.odooLanguageToTag('xx@odd'), 'xx-odd');
  t.equal(codecs.odooLanguageToTag(false), null);
  t.ok(codecs.sameLanguage('fr', 'fr-FR'));
  t.ok(codecs.sameLanguage('FR-fr', 'fr-FR'));
  t.notOk(codecs.sameLanguage('fr-BE', 'fr-FR'));
  t.notOk(codecs.sameLanguage('fr', null));
  t.ok(codecs.sameLanguage(null, null));
});
