/** What made the store's tables what they are, in order; see `migrate`. */
export const migrations = [
  `
  CREATE TABLE keys (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL, extension TEXT,
    hash TEXT NOT NULL UNIQUE, sealed TEXT, created_at INTEGER NOT NULL, last_used_at INTEGER, revoked_at INTEGER
  );
  CREATE INDEX keys_of_tenant ON keys (tenant, created_at);

  CREATE TABLE commands (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, at INTEGER NOT NULL, open INTEGER NOT NULL, record TEXT NOT NULL,
    idempotency_key TEXT, digest TEXT
  );
  CREATE INDEX commands_of_tenant ON commands (tenant, at);
  CREATE INDEX commands_open ON commands (tenant, at) WHERE open;
  CREATE INDEX commands_by_key ON commands (tenant, idempotency_key, at) WHERE idempotency_key IS NOT NULL;
  CREATE INDEX commands_by_age ON commands (at) WHERE NOT open;

  CREATE TABLE history_positions (tenant TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL);
  CREATE TABLE calls (
    tenant TEXT NOT NULL, id TEXT NOT NULL, started INTEGER NOT NULL, disposition TEXT, numbers TEXT NOT NULL, call TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
  );
  -- With the numbers in it, so that a search that finds little does not read every call.
  CREATE INDEX calls_by_start ON calls (tenant, started, id, disposition, numbers);
  CREATE TABLE call_extensions (
    tenant TEXT NOT NULL, extension TEXT NOT NULL, started INTEGER NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (tenant, extension, started, id)
  ) WITHOUT ROWID;
  CREATE INDEX call_extensions_by_call ON call_extensions (tenant, id);
  CREATE TABLE call_aliases (tenant TEXT NOT NULL, alias TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, alias)) WITHOUT ROWID;
  CREATE INDEX call_aliases_by_call ON call_aliases (tenant, id);

  CREATE TABLE traces (tenant TEXT NOT NULL, call TEXT NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (tenant, call));
  CREATE INDEX traces_by_age ON traces (tenant, at, size);

  CREATE TABLE state (tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, name)) WITHOUT ROWID;
  `,
  `
  CREATE TABLE audit (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL, call TEXT, entry TEXT NOT NULL
  );
  CREATE INDEX audit_of_tenant ON audit (tenant, at, id);
  CREATE INDEX audit_of_call ON audit (tenant, call, at) WHERE call IS NOT NULL;
  `,
  `
  CREATE TABLE tokens (
    hash TEXT PRIMARY KEY, kind TEXT NOT NULL, family TEXT NOT NULL, tenant TEXT NOT NULL, client TEXT NOT NULL, granted TEXT NOT NULL,
    issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX tokens_of_family ON tokens (family);
  CREATE INDEX tokens_by_age ON tokens (client, issued_at);
  CREATE INDEX tokens_by_end ON tokens (client, expires_at);
  `,
  `
  CREATE TABLE delivery_progress (endpoint TEXT PRIMARY KEY, progress TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE delivery_attempts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, tenant TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL,
    attempt INTEGER NOT NULL, at INTEGER NOT NULL, outcome TEXT NOT NULL, record TEXT NOT NULL
  );
  CREATE INDEX delivery_attempts_of_endpoint ON delivery_attempts (tenant, endpoint, number);
  CREATE INDEX delivery_attempts_of_event ON delivery_attempts (tenant, seq);
  `,
  `
  CREATE TABLE users (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, display_name TEXT, extension TEXT, email TEXT, scopes TEXT NOT NULL,
    password TEXT NOT NULL, created_at INTEGER NOT NULL, UNIQUE (tenant, name)
  );
  `,
  `
  CREATE TABLE slot_claims (
    tenant TEXT NOT NULL, lot TEXT NOT NULL, slot TEXT NOT NULL, command TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (tenant, lot, slot)
  ) WITHOUT ROWID;
  `,
  `ALTER TABLE commands ADD COLUMN after TEXT`,
  `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, user TEXT, key TEXT, began_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
] as const;
