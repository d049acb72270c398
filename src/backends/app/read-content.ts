/** The bytes of a document, with a cap: a document that is too large parks, and nothing else is disturbed. */
import { TerminalError } from '../../errors.ts';
import { type AppClientOptions, createAppClient } from './app-client.ts';

export type ReadContent = (documentId: string) => Promise<Buffer>;

/** @throws TerminalError `document_too_large`, and what the app's client throws */
export function createReadContent(options: AppClientOptions & { readonly maxBytes: number }): ReadContent {
  const { maxBytes, ...client } = options;
  const call = createAppClient({ ...client, maxResponseBytes: maxBytes, raw: true });
  return async (documentId) => {
    try {
      const { body } = await call('GET', `/bridge/documents/${encodeURIComponent(documentId)}/content`);
      return body as Buffer;
    } catch (error) {
      if (error instanceof TerminalError && error.code === 'app_answer_too_large') throw tooLarge(maxBytes);
      throw error;
    }
  };
}

function tooLarge(maxBytes: number): TerminalError {
  const megabytes = Math.floor(maxBytes / 1_048_576);
  return new TerminalError({
    code: 'document_too_large',
    message: `The document is larger than ${megabytes} MiB.`,
    remedy: 'Make it smaller, or raise DOCUMENT_MAX_MIB if Odoo and what stands before it take more.',
  });
}
