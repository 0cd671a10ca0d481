import type { ComponentChildren, JSX } from 'preact';
import type { Agent } from '../../../src/model/place.ts';
import { command, legCommand } from '../commands.ts';
import { slotKey, type Office } from '../live/fold.ts';
import { attempt } from '../parts/notices.tsx';
import { partyText } from '../parts/parties.tsx';
import { Timer } from '../parts/time.tsx';
import { useAnswer } from '../parts/use-answer.ts';
import { mayControl } from '../session.ts';
import { ownExtension } from './dialling.ts';
import { dropTarget } from './drag.ts';

const Panel = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element => (
  <section class="panel" aria-label={title}>
    <h2>{title}</h2>
    {children}
  </section>
);

/** Who a leg is, by the call that it is in now. */
const nameOf = (office: Office, callId: string, legId: string): string => {
  const leg = office.calls.get(callId)?.legs.find(({ id }) => id === legId);
  return leg === undefined ? 'somebody' : partyText(leg.party);
};

export const Queues = ({ office }: { readonly office: Office }): JSX.Element | null =>
  office.queues.size === 0 ? null : (
    <Panel title="Queues">
      {[...office.queues.values()].map(({ name, displayName, agents, waiting }) => (
        <div key={name} class="place">
          <h3>
            {displayName ?? name} <span class={`badge ${waiting.length === 0 ? '' : 'badge-warm'}`}>{waiting.length} waiting</span>
          </h3>
          <ol class="rows">
            {waiting.map(({ callId, legId, since }) => (
              <li key={legId}>
                {nameOf(office, callId, legId)} <Timer since={since} />
              </li>
            ))}
          </ol>
          <ul class="rows">
            {agents.map((agent) => (
              <AgentRow key={agent.device} queue={name} agent={agent} />
            ))}
          </ul>
        </div>
      ))}
    </Panel>
  );

const AgentRow = ({ queue, agent }: { readonly queue: string; readonly agent: Agent }): JSX.Element => {
  const { name, extension, state, pausedReason } = agent;
  const path = `/v1/queues/${encodeURIComponent(queue)}/agents/${extension ?? ''}`;
  const isPaused = state === 'paused';
  return (
    <li>
      <span class={`dot agent-${state}`} aria-hidden="true" />
      <span>
        {name === '' ? (extension ?? agent.device) : name} <span class="quiet">{pausedReason ?? state}</span>
      </span>
      {extension === undefined || !mayControl.value ? null : (
        <button
          type="button"
          class="button small"
          aria-label={`${isPaused ? 'Unpause' : 'Pause'} ${name} in ${queue}`}
          onClick={() => void attempt(() => command(`${path}/${isPaused ? 'unpause' : 'pause'}`))}
        >
          {isPaused ? 'Unpause' : 'Pause'}
        </button>
      )}
    </li>
  );
};

interface SlotList {
  readonly slots: readonly { readonly lot: string; readonly slot: string }[];
  readonly free: readonly { readonly lot: string; readonly slot: string }[];
}

export const Slots = ({ office }: { readonly office: Office }): JSX.Element => {
  // Which slots there are does not change; which of them are taken is in the office.
  const { answer } = useAnswer<SlotList>('/v1/slots');
  const all = new Map(
    [...(answer?.free ?? []), ...(answer?.slots ?? []), ...office.slots.values()].map(({ lot, slot }) => [
      slotKey({ lot, slot }),
      { lot, slot },
    ]),
  );
  const order = new Intl.Collator(undefined, { numeric: true });
  return (
    <Panel title="Parking">
      <ul class="slots">
        {[...all]
          .sort(([one], [other]) => order.compare(one, other))
          .map(([key, { lot, slot }]) => {
            const parked = office.slots.get(key);
            return (
              <li key={key} class={`slot ${parked === undefined ? '' : 'slot-taken'}`} {...dropTarget({ kind: 'slot', lot, slot })}>
                <span class="slot-number">{slot}</span>
                {parked === undefined ? (
                  <span class="quiet">free</span>
                ) : (
                  <>
                    <span>{nameOf(office, parked.callId, parked.legId)}</span>
                    <Timer since={parked.since} />
                    {mayControl.value && ownExtension.value !== '' ? (
                      <button
                        type="button"
                        class="button small"
                        aria-label={`Retrieve from slot ${slot}`}
                        onClick={() =>
                          void attempt(() =>
                            command(`/v1/slots/${encodeURIComponent(lot)}/${encodeURIComponent(slot)}/retrieve`, {
                              extension: ownExtension.value,
                            }),
                          )
                        }
                      >
                        Retrieve
                      </button>
                    ) : null}
                  </>
                )}
              </li>
            );
          })}
      </ul>
    </Panel>
  );
};

export const Conferences = ({ office }: { readonly office: Office }): JSX.Element | null =>
  office.conferences.size === 0 ? null : (
    <Panel title="Conferences">
      <ul class="rows">
        {[...office.conferences.values()].map(({ name, displayName, members }) => (
          <li key={name} class="place" {...dropTarget({ kind: 'conference', name })}>
            <h3>
              {displayName ?? name} <span class="badge">{members.length}</span>
            </h3>
            <ul class="rows">
              {members.map(({ callId, legId }) => {
                const leg = office.calls.get(callId)?.legs.find(({ id }) => id === legId);
                return (
                  <li key={legId}>
                    <span>{nameOf(office, callId, legId)}</span>
                    {leg === undefined || !mayControl.value ? null : (
                      <button
                        type="button"
                        class="button small"
                        onClick={() => void attempt(() => legCommand(leg, leg.muted ? 'unmute' : 'mute'))}
                      >
                        {leg.muted ? 'Unmute' : 'Mute'}
                      </button>
                    )}
                  </li>
                );
              })}
            </ul>
          </li>
        ))}
      </ul>
    </Panel>
  );
