import type { ReferenceStore } from './references.ts';
import type { ActionName } from './server-actions.ts';
import type { OdooTransport, OdooVersion } from './transport.ts';

/** What the parts of this backend share. */
export interface OdooContext {
  readonly transport: OdooTransport;
  readonly version: OdooVersion;
  readonly instance: string;
  readonly references: ReferenceStore;
  /** Id of a usable server action, or null. */
  action(name: ActionName): Promise<number | null>;
  /** The bytes of a document of the app. */
  readContent(documentId: string): Promise<Buffer>;
  observeWrite(writeDate: string | undefined, sentAt: number): void;
}
