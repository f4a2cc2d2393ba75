// One SIP account at the switch through a web socket: registers for ever, has one call at a time.
import JsSIP from "../../vendor/jssip.js";
import { delay } from "./states.js";

/** @typedef {{uri: string, name: string, password: string, ws: string}} Account */
/** @typedef {{on(name: string, work: (event: any) => void): void, start(): void, stop(): void,
 *    register(): void, unregister(): void, isConnected(): boolean, isRegistered(): boolean,
 *    call(target: string, options: object): Session}} Agent What is used of JsSIP's UA. */
/** @typedef {{on(name: string, work: (event: any) => void): void, answer(options: object): void,
 *    terminate(options?: object): void, isEnded(): boolean, mute(what: object): void,
 *    unmute(what: object): void, sendDTMF(keys: string, options: object): void,
 *    connection: RTCPeerConnection | null, remote_identity: {uri: {user: string}}}} Session
 *    What is used of JsSIP's RTCSession. */
/** @typedef {{started?: () => void, registered?: () => void, lost?: (cause: string) => void,
 *    invited?: (number: string, auto: boolean) => void, answered?: () => void,
 *    heard?: (stream: MediaStream) => void, over?: (cause: string) => void}} Listener */

/** Seconds after which a registration is renewed (a third earlier, as JsSIP does). */
const EXPIRES_S = 120;
const GATHER_MS = 400;
/** Header values that ask a phone to pick up by itself. */
const AT_ONCE = /answer-after=0|alert-autoanswer/;

export class Line {
  /** @type {Agent} */
  #agent;
  /** @type {Listener} */
  #listener;
  /** @type {Session | null} */
  #session = null;
  #failures = 0;
  #stopped = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;

  /**
   * @param {Account} account
   * @param {Listener} listener
   */
  constructor(account, listener) {
    this.#listener = listener;
    this.#agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(account.ws)],
      uri: account.uri,
      authorization_user: account.name,
      password: account.password,
      register: true,
      register_expires: EXPIRES_S,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 15,
      user_agent: "careline",
    });
    this.#follow();
  }

  #follow() {
    const agent = this.#agent;
    agent.on("registered", () => {
      this.#failures = 0;
      this.#listener.registered?.();
    });
    agent.on("disconnected", () => this.#listener.lost?.("connection"));
    agent.on("registrationFailed", (/** @type {{cause?: string}} */ event) => {
      this.#listener.lost?.(event.cause ?? "");
      this.#registerAgain();
    });
    agent.on(
      "newRTCSession",
      (/** @type {{originator: string, session: Session, request: {getHeader(name: string): string}}} */ event) => {
        if (event.originator === "remote") {
          this.#invited(event.session, event.request);
        }
      },
    );
  }

  /** JsSIP connects anew by itself, but a refused registration stays refused. */
  #registerAgain() {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      if (!this.#stopped && this.#agent.isConnected() && !this.#agent.isRegistered()) {
        this.#agent.register();
      }
    }, delay(this.#failures++));
  }

  /** Connect, register, and keep both up until {@link stop}. */
  start() {
    this.#stopped = false;
    this.#listener.started?.();
    this.#agent.start();
  }

  /** End everything; a call is hung up. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#agent.stop();
  }

  /** The page goes away: leave the switch at once. A call is not hung up, it may be taken back. */
  leave() {
    this.#stopped = true;
    clearTimeout(this.#again);
    this.#agent.unregister();
  }

  get busy() {
    return this.#session !== null;
  }

  /**
   * @param {Session} session
   * @param {{getHeader(name: string): string}} request
   */
  #invited(session, request) {
    const auto = AT_ONCE.test(
      `${request.getHeader("Call-Info") ?? ""} ${request.getHeader("Alert-Info") ?? ""}`,
    );
    if (this.#session && !auto) {
      session.terminate({ status_code: 486 });
      return;
    }
    const before = this.#session;
    this.#take(session);
    if (before) {
      end(before);
    }
    this.#listener.invited?.(session.remote_identity.uri.user, auto);
  }

  /** @param {Session} session */
  #take(session) {
    this.#session = session;
    const mine = (/** @type {() => void} */ work) => () => {
      if (this.#session === session) {
        work();
      }
    };
    const over = (/** @type {{cause?: string}} */ event) => {
      if (this.#session === session) {
        this.#session = null;
        this.#listener.over?.(event.cause ?? "");
      }
    };
    session.on("confirmed", mine(() => this.#listener.answered?.()));
    session.on("ended", over);
    session.on("failed", over);
    session.on("icecandidate", hasten());
    session.on("peerconnection", (/** @type {{peerconnection: RTCPeerConnection}} */ event) => {
      this.#listenTo(event.peerconnection);
    });
    if (session.connection) {
      this.#listenTo(session.connection);
    }
  }

  /** @param {RTCPeerConnection} connection */
  #listenTo(connection) {
    connection.addEventListener("track", (event) => {
      this.#listener.heard?.(event.streams[0] ?? new MediaStream([event.track]));
    });
  }

  /**
   * Answer the call that rings.
   * @param {MediaStream} microphone
   */
  answer(microphone) {
    this.#session?.answer({
      mediaStream: microphone,
      pcConfig: { iceServers: [] },
    });
  }

  /**
   * Call a number.
   * @param {string} number
   * @param {MediaStream} microphone
   * @param {string[]} [headers] further SIP headers
   */
  call(number, microphone, headers = []) {
    const session = this.#agent.call(number, {
      mediaStream: microphone,
      pcConfig: { iceServers: [] },
      extraHeaders: headers,
    });
    this.#take(session);
  }

  /** Hang up, or refuse what rings. */
  hangUp() {
    if (this.#session) {
      end(this.#session);
    }
  }

  /** @param {boolean} on */
  mute(on) {
    if (on) {
      this.#session?.mute({ audio: true });
    } else {
      this.#session?.unmute({ audio: true });
    }
  }

  /**
   * Speak through another microphone from now on.
   * @param {MediaStream} microphone
   */
  async speakThrough(microphone) {
    const track = microphone.getAudioTracks()[0];
    const senders = this.#session?.connection?.getSenders() ?? [];
    await Promise.all(
      senders
        .filter((sender) => sender.track?.kind === "audio")
        .map((sender) => sender.replaceTrack(track ?? null)),
    );
  }

  /**
   * Press keys, as telephone events within the voice (RFC 4733).
   * @param {string} digits
   */
  dtmf(digits) {
    this.#session?.sendDTMF(digits, {
      duration: 160,
      interToneGap: 100,
      transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833,
    });
  }
}

/** @param {Session} session */
function end(session) {
  if (!session.isEnded()) {
    session.terminate();
  }
}

/** Wait for further addresses of this machine only a moment after the first one. */
function hasten() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (/** @type {{ready: () => void}} */ event) => {
    timer ??= setTimeout(event.ready, GATHER_MS);
  };
}
