// Every npm script begins here: says in one line what to do when the pinned Node is not the one that runs.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `Switchhook needs Node 24 or newer; this is ${process.version}. Run "npm ci" first: it brings the pinned Node for linux on x64 and arm64 ` +
      `(as an optional dependency), and "npm run ..." then uses it.\n`,
  );
  process.exit(1);
}
