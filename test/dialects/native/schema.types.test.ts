import { expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import type { KeyInfo } from '../../../src/auth/auth.ts';
import type { AuditEntry, CommandRecord, CommandRequest, Recording } from '../../../src/control/control.ts';
import type { callSchema, legSchema, recordingSchema } from '../../../src/dialects/native/schema/calls.ts';
import type { auditEntrySchema, commandBodies, commandRecordSchema } from '../../../src/dialects/native/schema/commands.ts';
import type { eventDataSchemas, eventSchema } from '../../../src/dialects/native/schema/events.ts';
import type { keyInfoSchema } from '../../../src/dialects/native/schema/keys.ts';
import type {
  conferenceSchema,
  extensionSchema,
  pbxStateSchema,
  queueSchema,
  slotSchema,
  userStateSchema,
} from '../../../src/dialects/native/schema/state.ts';
import type { findingSchema } from '../../../src/dialects/native/schema/traces.ts';
import type { Call, Leg } from '../../../src/model/call.ts';
import type { CommandName } from '../../../src/model/command.ts';
import type { Event, EventData, EventType } from '../../../src/model/event.ts';
import type { Extension } from '../../../src/model/extension.ts';
import type { PbxState } from '../../../src/model/live-state.ts';
import type { UserState } from '../../../src/model/user.ts';
import type { Conference, Queue, Slot } from '../../../src/model/place.ts';
import type { Finding } from '../../../src/pbx/driver.ts';

test('what the wire carries is what the model says, member by member', () => {
  expectTypeOf<z.infer<typeof callSchema>>().toEqualTypeOf<Call>();
  expectTypeOf<z.infer<typeof legSchema>>().toEqualTypeOf<Leg>();
  expectTypeOf<z.infer<typeof extensionSchema>>().toEqualTypeOf<Extension>();
  expectTypeOf<z.infer<typeof queueSchema>>().toEqualTypeOf<Queue>();
  expectTypeOf<z.infer<typeof conferenceSchema>>().toEqualTypeOf<Conference>();
  expectTypeOf<z.infer<typeof slotSchema>>().toEqualTypeOf<Slot>();
  expectTypeOf<z.infer<typeof userStateSchema>>().toEqualTypeOf<UserState>();
  expectTypeOf<z.infer<typeof pbxStateSchema>>().toEqualTypeOf<PbxState>();
  expectTypeOf<z.infer<typeof findingSchema>>().toEqualTypeOf<Finding>();
  expectTypeOf<z.infer<typeof commandRecordSchema>>().toEqualTypeOf<CommandRecord>();
  expectTypeOf<z.infer<typeof recordingSchema>>().toEqualTypeOf<Recording>();
  expectTypeOf<z.infer<typeof auditEntrySchema>>().toEqualTypeOf<AuditEntry>();
  expectTypeOf<z.infer<typeof keyInfoSchema>>().toEqualTypeOf<KeyInfo>();
});

type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
type DataOf<Type extends EventType> = z.infer<(typeof eventDataSchemas)[Type]>;
type Unequal = { [Type in EventType]: Same<DataOf<Type>, EventData[Type]> extends true ? never : Type }[EventType];

test('every event type carries what the model says of it', () => {
  expectTypeOf<Unequal>().toBeNever();
  expectTypeOf<z.infer<typeof eventSchema>>().toExtend<Event>();
  expectTypeOf<Event>().toExtend<z.infer<typeof eventSchema>>();
});

type BodyOf<Name extends CommandName> = z.infer<(typeof commandBodies)[Name]>;
type RequestOf<Name, Request = CommandRequest> = Request extends { readonly name: infer Names }
  ? Name extends Names
    ? Request
    : never
  : never;
/** What the path of a command says: members of its request that its body does not have. */
interface InPath {
  readonly retrieve: 'slot';
  readonly invite: 'conference';
  readonly agentLogin: 'queue' | 'extension';
  readonly agentLogout: 'queue' | 'extension';
  readonly agentPause: 'queue' | 'extension';
  readonly agentUnpause: 'queue' | 'extension';
  readonly agentPenalty: 'queue' | 'extension';
  readonly setDnd: 'extension';
  readonly setStatus: 'extension';
}
type Asked<Name extends CommandName> = Omit<RequestOf<Name>, 'name' | 'leg' | (Name extends keyof InPath ? InPath[Name] : never)>;
type Unasked = { [Name in CommandName]: BodyOf<Name> extends Asked<Name> ? never : Name }[CommandName];

test('the body of every command is a request that the control room takes', () => {
  expectTypeOf<Unasked>().toBeNever();
});
