/** What a browser sends of a form: texts, and a file where there is one. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MAX_CONTENT_BYTES, type Upload } from '../data/contents.ts';
import { Problem } from '../problem.ts';

export interface SentFile extends Upload {
  readonly name: string;
}

/** Beside the file, a form of these pages has some kilobytes at most. */
const MULTIPART_LIMIT = MAX_CONTENT_BYTES + 1024 * 1024;

const FORM = z.object({ texts: z.record(z.string(), z.string()), file: z.instanceof(File).nullable() });
type FormBody = z.infer<typeof FORM>;

export function addFormParsers(server: FastifyInstance): void {
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, collect(new URLSearchParams(String(body))));
  });
  const multipart = { parseAs: 'buffer', bodyLimit: MULTIPART_LIMIT } as const;
  server.addContentTypeParser('multipart/form-data', multipart, async (request: { headers: object }, body: Buffer) => {
    const headers = { 'content-type': (request.headers as { 'content-type': string })['content-type'] };
    try {
      return collect(await new Response(new Uint8Array(body), { headers }).formData());
    } catch {
      throw new Problem(400, 'The form cannot be read.');
    }
  });
}

/** @throws a 400 problem */
export async function readFormBody(
  body: unknown,
): Promise<{ readonly texts: Readonly<Record<string, string>>; readonly file: SentFile | null }> {
  const form = FORM.safeParse(body ?? { texts: {}, file: null });
  if (!form.success) throw new Problem(400, 'The form cannot be read.');
  const { texts, file } = form.data;
  // A browser sends a file without a name where none was chosen.
  if (file === null || (file.name === '' && file.size === 0)) return { texts, file: null };
  return { texts, file: { name: file.name, bytes: Buffer.from(await file.arrayBuffer()), mediaType: file.type } };
}

function collect(entries: Iterable<[string, string | File]>): FormBody {
  const texts: Record<string, string> = {};
  let file: File | null = null;
  for (const [name, value] of entries) {
    if (typeof value === 'string') texts[name] = value;
    else if (name === 'file') file = value;
  }
  return { texts, file };
}
