import type { JSX } from 'preact';
import { memo } from './memo.ts';
import type { Leg } from '../../../src/model/call.ts';
import type { Extension } from '../../../src/model/extension.ts';
import { partyText } from '../parts/parties.tsx';
import { Timer } from '../parts/time.tsx';
import { dialFromOwn } from './dialling.ts';
import { dropTarget } from './drag.ts';

const presenceTexts = {
  idle: 'Free',
  ringing: 'Ringing',
  busy: 'On a call',
  held: 'Has held',
  parked: 'Has parked',
  offline: 'Not registered',
} as const;

interface TileProps {
  readonly extension: Extension;
  readonly legs: readonly Leg[];
}

/** One extension: who it is, what it does, with whom, for how long. A click calls it; a call dropped on it goes there. */
const ExtensionTile = ({ extension, legs }: TileProps): JSX.Element => {
  const { number, name, presence, dnd, statusText, since } = extension;
  const [leg] = legs;
  const doing = leg === undefined ? (dnd ? 'Do not disturb' : presenceTexts[presence]) : partyText(leg.peer);
  return (
    <li class={`tile tile-${presence} ${dnd ? 'tile-dnd' : ''}`} {...dropTarget({ kind: 'extension', number })}>
      <button type="button" class="tile-button" onClick={() => dialFromOwn(number)} title={`Call ${number}`}>
        <span class="tile-head">
          <span class="tile-number">{number}</span>
          <span class="tile-name">{name}</span>
        </span>
        <span class="tile-doing">
          <span class="dot" aria-hidden="true" />
          <span class="visually-hidden">{leg === undefined ? '' : `${presenceTexts[presence]}: `}</span>
          <span class="tile-with">{doing}</span>
          {legs.length > 1 ? <span class="badge">+{legs.length - 1}</span> : null}
          {presence === 'idle' || presence === 'offline' ? null : <Timer since={leg?.connectedAt ?? leg?.startedAt ?? since} />}
        </span>
        {statusText === undefined || statusText === '' ? null : <span class="tile-status">{statusText}</span>}
      </button>
    </li>
  );
};

const isSame = (one: TileProps, other: TileProps): boolean =>
  one.extension === other.extension && one.legs.length === other.legs.length && one.legs.every((leg, index) => leg === other.legs[index]);

/** Drawn again only when something of its own has changed: an office has hundreds. */
export const Tile = memo(ExtensionTile, isSame);
