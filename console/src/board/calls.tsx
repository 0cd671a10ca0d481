import { useState } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Call, Leg } from '../../../src/model/call.ts';
import { isLive, isTalking, legCommand, ringsForAnswer } from '../commands.ts';
import { attempt } from '../parts/notices.tsx';
import { PartyName } from '../parts/parties.tsx';
import { Empty } from '../parts/states.tsx';
import { Timer } from '../parts/time.tsx';
import { href } from '../router.ts';
import { may, mayControl } from '../session.ts';
import { ownExtension } from './dialling.ts';
import { dragCall } from './drag.ts';
import { memo } from './memo.ts';
import { MoveDialog } from './move-dialog.tsx';

/** Every live call with its legs and what can be done to them. */
export const Calls = ({ calls }: { readonly calls: ReadonlyMap<string, Call> }): JSX.Element => {
  const [moving, setMoving] = useState<string>();
  const movingCall = moving === undefined ? undefined : calls.get(moving);
  return (
    <section class="calls" aria-labelledby="calls-title">
      <header class="section-head">
        <h2 id="calls-title">
          Calls <span class="badge">{calls.size}</span>
        </h2>
      </header>
      {calls.size === 0 ? <Empty>Nobody is on the phone.</Empty> : null}
      <ul class="call-list">
        {[...calls.values()].map((call) => (
          <CallCard key={call.id} call={call} onMove={setMoving} />
        ))}
      </ul>
      {movingCall === undefined ? null : <MoveDialog call={movingCall} onClose={() => setMoving(undefined)} />}
    </section>
  );
};

interface CallCardProps {
  readonly call: Call;
  readonly onMove: (call: string) => void;
}

const CallCard = memo<CallCardProps>(
  ({ call, onMove }) => (
    <li class={`call call-${call.state}`} {...(mayControl.value ? dragCall(call.id) : {})}>
      <div class="call-head">
        <a href={href(['calls', call.id])}>
          <PartyName party={call.from} /> <span aria-label="to">→</span> <PartyName party={call.to} />
        </a>
        <span class="call-state">{call.state}</span>
        <Timer since={call.answeredAt ?? call.startedAt} />
        {mayControl.value ? (
          <button type="button" class="button small" onClick={() => onMove(call.id)}>
            Move to…
          </button>
        ) : null}
      </div>
      <ul class="legs">
        {call.legs.filter(isLive).map((leg) => (
          <LegRow key={leg.id} leg={leg} />
        ))}
      </ul>
    </li>
  ),
  (one, other) => one.call === other.call,
);

const LegRow = ({ leg }: { readonly leg: Leg }): JSX.Element => (
  <li class="leg">
    <span class={`dot leg-${leg.state}`} aria-hidden="true" />
    <span class="leg-who">{leg.extension ?? leg.trunk ?? leg.party.number}</span>
    <span class="quiet leg-state">
      {[leg.state, leg.muted ? 'muted' : '', leg.recording?.state ?? '', leg.supervising?.mode ?? '']
        .filter((word) => word !== '')
        .join(', ')}
    </span>
    <span class="actions">
      {actionsFor(leg).map(({ title, name, body }) => (
        <button
          key={title}
          type="button"
          class={`button small ${name === 'hangup' || name === 'reject' ? 'danger' : ''}`}
          aria-label={`${title}: ${leg.extension ?? leg.party.number}`}
          onClick={() => void attempt(() => legCommand(leg, name, body))}
        >
          {title}
        </button>
      ))}
    </span>
  </li>
);

interface Action {
  readonly title: string;
  readonly name: string;
  readonly body?: unknown;
}

const whenTalking = (leg: Leg): readonly Action[] => [
  leg.state === 'held' || leg.held ? { title: 'Resume', name: 'resume' } : { title: 'Hold', name: 'hold' },
  leg.muted ? { title: 'Unmute', name: 'unmute' } : { title: 'Mute', name: 'mute' },
  { title: 'Park', name: 'park' },
];

const actionsFor = (leg: Leg): readonly Action[] => {
  const talking = isTalking(leg);
  const own = ownExtension.value;
  const mine = mayControl.value && leg.extension !== undefined;
  return [
    ...(mine && ringsForAnswer(leg)
      ? [
          { title: 'Answer', name: 'answer' },
          { title: 'Reject', name: 'reject' },
        ]
      : []),
    ...(mine && talking ? whenTalking(leg) : []),
    ...(may('record') && talking
      ? [leg.recording === undefined ? { title: 'Record', name: 'record' } : { title: 'Stop recording', name: 'stopRecording' }]
      : []),
    ...(may('supervise') && talking && own !== '' && leg.extension !== undefined && leg.extension !== own
      ? (['listen', 'whisper', 'barge'] as const).map((mode) => ({
          title: titleOf[mode],
          name: 'supervise',
          body: { extension: own, mode },
        }))
      : []),
    ...(mayControl.value ? [{ title: 'Hang up', name: 'hangup' }] : []),
  ];
};

const titleOf = { listen: 'Listen', whisper: 'Whisper', barge: 'Barge in' } as const;
