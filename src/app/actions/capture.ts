import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { CaptureOptions } from '../../cli/options.ts';
import type { Output } from '../../cli/output.ts';
import { createRecorder } from '../../cli/recorder.ts';
import { loadConfig } from '../../config/load.ts';
import type { CaptureRead } from '../../model/capture.ts';
import { GatewayError } from '../../model/errors.ts';
import { captureAsterisk } from '../../pbx/asterisk/capture.ts';
import { captureFreeswitch } from '../../pbx/freeswitch/capture.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';

export const capture = async (options: CaptureOptions, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const config = loadConfig(options.config, process.env);
  const all = Object.values(config.tenants).flatMap(({ pbxs }) => Object.entries(pbxs));
  const fits = all.flatMap(([name, pbx]) => (pbx.kind !== 'sandbox' && name === (options.pbx ?? name) ? [{ name, pbx }] : []));
  const [one, another] = fits;
  if (one === undefined || another !== undefined) {
    const note = `Name one with --pbx: ${all.map(([name]) => name).join(', ')}. Only what an Asterisk or a FreeSWITCH says can be captured.`;
    throw new GatewayError('no-such-pbx', {}, { note });
  }
  const { clock, timers, newId } = surroundingsOf(loggerOf('silent'));
  const recorder = createRecorder(options.file);
  const enough = new AbortController();
  const cancel = options.seconds === undefined ? undefined : timers.after(options.seconds * 1000, () => enough.abort());
  output.note(`Recording what ${one.name} says into ${options.file}. ${options.seconds === undefined ? 'Ctrl-C ends it.' : ''}`);
  try {
    let failure: unknown;
    const record = ({ at, text }: CaptureRead): void => {
      try {
        recorder.write(Buffer.from(text), at);
      } catch (error) {
        failure ??= error;
        enough.abort();
      }
    };
    const deps = { clock, timers, token: () => newId.token() };
    const { pbx } = one;
    const until = AbortSignal.any([signal, enough.signal]);
    if (pbx.kind === 'asterisk') await captureAsterisk(pbx, deps, until, record);
    else await captureFreeswitch(pbx, deps, until, record);
    if (failure !== undefined)
      throw new GatewayError('log-full', { file: options.file }, { note: 'The recording ends here.', cause: failure });
  } finally {
    cancel?.();
    recorder.close();
    const { reads, bytes } = recorder;
    output.note(
      reads === 0
        ? 'Nothing was recorded.'
        : `${reads} events, ${bytes} bytes. Read it by: switchhook replay${one.pbx.kind === 'asterisk' ? '' : ` --driver ${one.pbx.kind}`} ${options.file}`,
    );
  }
  return exitCodes.ok;
};
