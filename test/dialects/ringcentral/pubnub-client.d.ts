/** What the tests use of PubNub's client 4.37, which brings no types. */
declare module 'pubnub' {
  interface DecryptOptions {
    readonly encryptKey: boolean;
    readonly keyEncoding: string;
    readonly keyLength: number;
    readonly mode: string;
  }

  class PubNub {
    constructor(options: {
      readonly subscribeKey: string;
      readonly uuid: string;
      readonly origin: string;
      readonly ssl: boolean;
      readonly useRandomIVs: boolean;
    });
    addListener(listener: {
      message(event: { readonly message: unknown; readonly timetoken: string }): void;
      status(event: { readonly category: string }): void;
    }): void;
    subscribe(options: { readonly channels: readonly string[]; readonly timetoken?: string }): void;
    decrypt(message: unknown, key: string | undefined, options: DecryptOptions): unknown;
    stop(): void;
  }

  // The package is one of CommonJS.
  export default PubNub;
}
