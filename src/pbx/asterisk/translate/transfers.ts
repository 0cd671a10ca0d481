/** Calls that change hands: transfers, and a ringing call that is taken. */
import type { Translate } from './reader.ts';

export const blindTransfer: Translate = (reader) => [
  {
    type: 'transfer.blind',
    at: reader.at,
    transferer: reader.channel('TransfererUniqueid'),
    ...(reader.has('TransfereeUniqueid') ? { transferee: reader.channel('TransfereeUniqueid') } : undefined),
    to: reader.text('Extension'),
    ...(reader.has('Context') ? { context: reader.text('Context') } : undefined),
    succeeded: reader.text('Result') === 'Success',
  },
];

export const attendedTransfer: Translate = (reader) => [
  {
    type: 'transfer.attended',
    at: reader.at,
    first: reader.channel('OrigTransfererUniqueid'),
    ...(reader.has('SecondTransfererUniqueid') ? { second: reader.channel('SecondTransfererUniqueid') } : undefined),
    ...(reader.has('TransfereeUniqueid') ? { transferee: reader.channel('TransfereeUniqueid') } : undefined),
    ...(reader.has('TransferTargetUniqueid') ? { target: reader.channel('TransferTargetUniqueid') } : undefined),
    succeeded: reader.text('Result') === 'Success',
  },
];

export const pickup: Translate = (reader) => [
  { type: 'pickup', at: reader.at, picker: reader.channel('Uniqueid'), ringing: reader.channel('TargetUniqueid') },
];
