import type { ParityPbx } from './stories.ts';

/** Something that one PBX tells in its own way, which nothing that the phones did decides. */
export interface Difference {
  readonly on: readonly ParityPbx[];
  /** What the PBX does, and why that is its own affair. docs/events.md has it for readers of events. */
  readonly why: string;
  /** The lines of one call, leg or slot, or what an extension became, without it. */
  readonly without: (lines: readonly string[], subject: string) => readonly string[];
}

const everyLine =
  (change: (line: string) => string): Difference['without'] =>
  (lines) =>
    lines.map(change);

const withoutCause = (line: string): string =>
  line.replace(/^(leg\.ended \S+) \d+/, '$1').replace(/^(call\.ended \S+ \S+ \S+ \S+) \d+/, '$1');

export const differences = {
  causes: {
    on: ['asterisk-22', 'asterisk-16', 'freeswitch', 'sandbox'],
    why:
      'The Q.850 cause of a leg that nobody answered, or that ended in the middle of something, is what the PBX makes of it: a cancelled ' +
      'call is 127 on Asterisk and 16 on FreeSWITCH, one that rang out is 0, 16 or 19, a phone that is not there is 3, 16 or 20.',
    without: everyLine(withoutCause),
  },
  resumedAtItsEnd: {
    on: ['freeswitch'],
    why: 'FreeSWITCH resumes a leg that holds just before it ends it.',
    without: (lines) => {
      const last = lines.findLastIndex((line) => line.startsWith('leg.resumed'));
      const isAtItsEnd = last !== -1 && lines.slice(last + 1).every((line) => /^(legs\.unlinked|leg\.ended)/.test(line));
      return isAtItsEnd ? lines.toSpliced(last, 1) : lines;
    },
  },
  refusedAsBusy: {
    on: ['sandbox'],
    why: 'A phone that is not to be disturbed says 486 (busy) on the sandbox, as many do; the recorded ones said 480.',
    without: everyLine((line) => line.replace(/^(call\.ended .*) busy\b/, '$1 missed')),
  },
  shownWhileItRings: {
    on: ['sandbox'],
    why: 'A phone that the sandbox itself rings shows for whom; of the others only the command that the gateway gave says so.',
    without: (lines) => {
      const isCaller = lines.some((line) => /^leg\.started .* outbound$/.test(line));
      return lines
        .map((line) => (isCaller ? line.replace(/^(leg\.ringing \S+ peer=).*/, '$1') : line))
        .map((line) => line.replace(/^(call\.ended \S+ internal 104>)\{conference\}/, '$1'));
    },
  },
  parkersLeg: {
    on: ['asterisk-22', 'asterisk-16'],
    why: 'Asterisk leaves the leg of who parks by REFER up until its phone hangs up, so that it is still busy when it calls again.',
    without: (lines, subject) => (subject === '101' ? lines.map((line) => line.replace('busy idle busy idle', 'busy idle')) : lines),
  },
  consultingLeg: {
    on: ['freeswitch'],
    why: 'Of a phone that joins a call which still rings FreeSWITCH says that it has ended its consulting leg; Asterisk ends it.',
    without: everyLine((line) => line.replace(/^(leg\.ended 102#2 .*) self$/, '$1 pbx')),
  },
  answeredBeforeQueued: {
    on: ['asterisk-22', 'asterisk-16'],
    why: 'Of who is forwarded into a queue Asterisk says that it is answered first, and then that it waits.',
    without: (lines) => lines.filter((line, index) => !(line.startsWith('leg.connected') && lines[index + 1]?.startsWith('queue.joined'))),
  },
  keysOfTheGateway: {
    on: ['asterisk-22', 'asterisk-16', 'freeswitch'],
    why: 'How a supervisor is heard is changed by keys, which the gateway presses in its place; PBXs tell of them as if it had.',
    without: (lines) => lines.filter((line) => !line.startsWith('dtmf.received 103')),
  },
  modesUntold: {
    on: ['asterisk-22', 'asterisk-16'],
    why: 'Asterisk does not tell that a supervisor is heard otherwise; the gateway tells it, of its own command.',
    without: (lines) => lines.filter((line) => !line.startsWith('supervision.modeChanged')),
  },
  sentByTheGateway: {
    on: ['freeswitch'],
    why: 'To FreeSWITCH a transfer by command is none: that it was one is told by the gateway, beside what FreeSWITCH says.',
    without: (lines) => lines.filter((line) => !line.startsWith('call.transferred')),
  },
} as const satisfies Readonly<Record<string, Difference>>;

export type DifferenceName = keyof typeof differences;
