/** SHA-256 of `demo`. */
const demoPassSha256 = '2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea';

/** The account of iSymphony that everybody knows. */
const iSymphonyAccount = 'manager:manag3rpa55word';

/** What the demo prints when it is ready: its addresses, and lines to paste that work as they stand. */
export const demoBanner = (url: string, key: string, extraPorts: readonly number[] = []): string => {
  const bearer = `-H 'Authorization: Bearer ${key}'`;
  const json = "-H 'Content-Type: application/json'";
  const noojee = `${url}/servicemanager/rest/CallManagementAPI`;
  const webSocket = url.replace(/^http/, 'ws');
  const listen = `new WebSocket("${webSocket}/v1/ws", { headers: { authorization: "Bearer ${key}" } }).onmessage = (m) => console.log(m.data)`;
  const events = '/communication_manager/ws/event';
  const iSymphonyAuth = `Basic ${Buffer.from(iSymphonyAccount).toString('base64')}`;
  const iSymphony = `new WebSocket("${webSocket}${events}", { headers: { authorization: "${iSymphonyAuth}" } }).onmessage = (m) => console.log(m.data)`;
  const built = extraPorts.map((port) => `\n  ws://${iSymphonyAccount}@localhost:${port}${events}`).join('');
  const credentials = '-d grant_type=client_credentials -d client_id=demo-client -d client_secret=demo-secret';
  const telphinBearer = `"Authorization: Bearer $(curl -s ${url}/oauth/token ${credentials} | sed 's/.*"access_token":"\\([^"]*\\).*/\\1/')"`;
  const assertion = '-d grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer -d assertion=demo-jwt-102';
  const ringCentral = `${url}/restapi/v1.0/account/~`;
  const ringCentralBearer = `"Authorization: Bearer $(curl -s -u demo-client:demo-secret ${url}/restapi/oauth/token ${assertion} | sed 's/.*"access_token":"\\([^"]*\\).*/\\1/')"`;
  return `Switchhook demo: an office in memory, on ${url}
tenant demo, key ${key}; extensions 101 to 120, ring group 610, queue 600, conference 650

In a browser, with that key, or as user 101 with the password demo:
  ${url}/console/

See what happens (each runs until Ctrl-C):
  curl -N ${bearer} ${url}/v1/events/stream
  npx -c 'node -e '\\''${listen}'\\'''
  SWITCHHOOK_URL=${url} SWITCHHOOK_KEY=${key} npm run -s switchhook -- tail

Make a call from outside to 101, answer it, hang up:
  curl -X POST ${bearer} ${json} ${url}/v1/sandbox/calls -d '{"from": "+15550100001", "to": "101"}'
  curl -X POST ${bearer} ${url}/v1/sandbox/phones/101/answer
  curl -X POST ${bearer} ${url}/v1/sandbox/phones/101/hangup

A call for 103 is answered and parked in slot 6, waits there, and is fetched by 104:
  curl -X POST ${bearer} ${json} ${url}/v1/sandbox/calls -d '{"from": "+15550100003", "to": "103"}'
  curl -X POST ${bearer} ${url}/v1/sandbox/phones/103/answer
  SWITCHHOOK_URL=${url} SWITCHHOOK_KEY=${key} npm run -s switchhook -- park 103 --slot valet/6
  curl ${bearer} ${url}/v1/slots
  curl -X POST ${bearer} ${json} ${url}/v1/slots/valet/6/retrieve -d '{"extension": "104"}'

What is so now, and click-to-dial (111 answers by itself):
  curl ${bearer} ${url}/v1/state
  curl -X POST ${bearer} ${json} ${url}/v1/calls -d '{"extension": "101", "number": "111"}'

Who is logged in, what one says of itself, and an agent who takes a break:
  curl ${bearer} ${url}/v1/users
  curl -X PUT ${bearer} ${json} ${url}/v1/users/mikey/status -d '{"status": "away", "label": "Lunch"}'
  curl -X POST ${bearer} ${json} ${url}/v1/queues/600/agents/105/pause -d '{"reason": "coffee"}'

As a Noojee client:
  curl '${noojee}/subscribe?apiKey=${key}&exten=101,111&lastSequenceNumber=0&timeOut=0'
  curl -X POST '${noojee}/dial?apiKey=${key}&extenOrUniqueId=SIP%2F102&number=112'

As a VoipNow client (CallAPI, then UnifiedAPI), and in a browser, as demo with the password demo:
  curl '${url}/callapi/251/Call/MakeCall?Account=demo&PassSHA256=${demoPassSha256}&FromNumber=12340103&PhoneNumberToCall=12340113'
  curl ${url}/oauth/token.php ${credentials}
  ${url}/voipnow/extensions/101/callapi-events

As a RingCentral app, for 102: its presence, and a call to 111 that its phone rings for:
  curl -H ${ringCentralBearer} '${ringCentral}/extension/~/presence?detailedTelephonyState=true'
  curl -H ${ringCentralBearer} ${ringCentral}/telephony/call-out -d '{"from": {"extensionId": "400144455008"}, "to": {"extensionNumber": "111"}}'

As a Telphin client: what there is, and a callback:
  curl -H ${telphinBearer} ${url}/api/ver1.0/client/@me/extension/
  curl -H ${telphinBearer} -d '{"src_num": ["341"], "dst_num": "111"}' ${url}/api/ver1.0/extension/34414/callback/

Callers of 700 are led by a program (CallAPI Interactive), as this one in another terminal leads them to 102:
  node examples/interactive.mjs
  curl -X POST ${bearer} ${json} ${url}/v1/sandbox/calls -d '{"from": "+15550100001", "to": "700"}'

As an iSymphony client (the events until Ctrl-C, then what is live):
  npx -c 'node -e '\\''${iSymphony}'\\'''
  curl -u ${iSymphonyAccount} ${url}/communication_manager/rest/live/coreServers/getByName/default/extensions/getByName/101${built}

OpenAPI: ${url}/v1/openapi.json   AsyncAPI: ${url}/v1/asyncapi.json   Metrics: ${url}/metrics`;
};

/** What \`serve\` prints when it is ready. */
export const serveBanner = (url: string, tenants: readonly string[]): string =>
  `Switchhook serves ${tenants.join(', ')} on ${url} (OpenAPI: ${url}/v1/openapi.json)`;

/** The first administrator key of a tenant: shown once, and kept nowhere but as a hash. */
export const firstKeyNotice = (tenant: string, secret: string): string =>
  `First administrator key of tenant ${tenant}, shown this once: ${secret}`;
