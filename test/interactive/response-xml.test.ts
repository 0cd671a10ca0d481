import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseResponse } from '../../src/interactive/response-xml.ts';
import '../property-seed.ts';

const response = (verbs: string): string => `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`;

test.each([
  ['<Hangup/>', { do: 'hangup' }],
  ['<Pause length="15"/>', { do: 'pause', seconds: 15 }],
  ['<Pause/>', { do: 'pause', seconds: 10 }],
  ['<Pause length="86400"/>', { do: 'pause', seconds: 600 }],
  ['<SetVar name="SubscriptionCode">09897987</SetVar>', { do: 'set', name: 'SubscriptionCode', value: '09897987' }],
  [
    '<PlaySound where="foreground" digitvar="contact">welcome</PlaySound>',
    { do: 'play', sound: 'welcome', times: 1, where: 'foreground', keyTo: 'contact' },
  ],
  [
    '<PlaySound language="fr" loop="" view="client" folder="/custom" where="background">name</PlaySound>',
    { do: 'play', sound: 'custom/name', times: 1, where: 'background', language: 'fr' },
  ],
  ['<PlayTTS voice="Alice-8KHz" volume="100">a &amp; b</PlayTTS>', { do: 'speak', text: 'a & b', voice: 'Alice-8KHz', volume: 100 }],
  ['<PlayTTS>hello</PlayTTS>', { do: 'speak', text: 'hello', volume: 150 }],
  ['<Jump context="StartSupport" option="1" priority="3"/>', { do: 'jump', context: 'StartSupport', option: '1', priority: 3 }],
  ['<Jump context="3" option="start"/>', { do: 'jump', context: '3', option: 'start', priority: 1 }],
  ['<SetCaller name="callerName" number="92992"/>', { do: 'showCaller', name: 'callerName', number: '92992' }],
  ['<SetCallerId name="callerName" number="92992"/>', { do: 'showCaller', name: 'callerName', number: '92992' }],
  ['<SimpleTransfer timeout="20">341</SimpleTransfer>', { do: 'ring', extension: '341', seconds: 20 }],
  ['<Transfer>341</Transfer>', { do: 'transfer', to: '341' }],
])('%s', (verb, step) => {
  expect(parseResponse(response(verb))).toEqual({ steps: [step] });
});

test('verbs keep their order, and what none of them can mean is left out', () => {
  const verbs = `
    <!-- comment --> text <Dance/> <SetVar name="a b">1</SetVar> <PlaySound>../../etc/passwd</PlaySound> <PlaySound>a|b</PlaySound>
    <Transfer>341,30,g</Transfer> <Pause length="1"/><Hangup/>`;
  expect(parseResponse(response(verbs))).toEqual({ steps: [{ do: 'pause', seconds: 1 }, { do: 'hangup' }] });
});

test.each([
  ['nothing', ''],
  ['plain text', 'Sorry, an error'],
  ['another root', '<Answer><Hangup/></Answer>'],
  ['an element without an end', '<Response><Hangup></Response>'],
  ['an entity of its own', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Response><SetVar name="x">&b;</SetVar></Response>'],
  ['a SetCaller without a number', response('<Hangup/><SetCaller name="x"/>')],
  ['a SetCaller without a name', response('<SetCaller number="1"/>')],
  ['more verbs than anybody needs', response('<Pause/>'.repeat(101))],
])('%s is a fault, and nothing of it is done', (_what, text) => {
  expect(parseResponse(text)).toHaveProperty('fault');
});

test('whatever it is given, it answers', () => {
  const pieces = fc.constantFrom(
    '<Response>',
    '</Response>',
    '<Jump',
    ' context="',
    '"',
    '/>',
    '>',
    '<',
    '&',
    '&#0;',
    '<![CDATA[',
    ']]>',
    'x',
    '\0',
    '__proto__',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const script = parseResponse(text);
      expect('steps' in script || script.fault !== '').toBe(true);
    }),
    { numRuns: 300 },
  );
});
