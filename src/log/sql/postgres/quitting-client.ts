import pg from "pg";

/**
 * A client that closes its connection when it cannot go on with it. pg leaves it open where the failure is on this side,
 * such as a server that wants a password where there is none: the process would not end until the server gives up.
 */
export class QuittingClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.connection.on("error", () => this.connection.stream.destroy());
  }
}
