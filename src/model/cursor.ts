/**
 * Where a reader is in a tenant's log. `seq` counts from 1 without holes; 0 stands before the first event. A new `epoch`
 * means that history was really lost. Clients treat the text form as opaque.
 */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** `e1-1042`. */
export const renderCursor = (cursor: Cursor): string => `${cursor.epoch}-${cursor.seq}`;

/** Reads what `renderCursor` wrote; anything else (negative, beyond 2^53, garbage) is `undefined`. */
export const parseCursor = (text: string): Cursor | undefined => {
  const match = /^([a-z0-9]{1,32})-(0|[1-9][0-9]{0,15})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const seq = Number(match[2]);
  return Number.isSafeInteger(seq) ? { epoch: match[1], seq } : undefined;
};

/** Why a log cannot continue from a cursor. */
export const gapReasons = ['retention', 'epoch', 'future'] as const;

/**
 * The log cannot give exactly what followed `asked`: it no longer reaches back that far (`retention`), the cursor is of
 * another epoch (`epoch`), or it lies beyond the head (`future`). Go on from a snapshot, or from `oldest`.
 */
export interface Gap {
  readonly gap: (typeof gapReasons)[number];
  readonly asked: Cursor;
  /** The smallest cursor that can be continued from. */
  readonly oldest: Cursor;
  readonly head: Cursor;
}
