/** The page as a client of the MCP server, with the protocol's official SDK. */
import { Client, StreamableHTTPClientTransport, type Tool } from "@modelcontextprotocol/client";

export type { Tool };

/** What a tool has answered. */
export interface Answer {
  text: string;
  isError: boolean;
  ms: number;
}

/** One run of the server: a new run is another port and another connection. */
export class Server {
  private constructor(private readonly client: Client) {}

  /** By its address and not by `localhost`: it listens on that one alone. */
  static async connect(port: number): Promise<Server> {
    const client = new Client({ name: "berth-example-page", version: "1.0.0" });
    await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
    return new Server(client);
  }

  async tools(): Promise<Tool[]> {
    return (await this.client.listTools()).tools;
  }

  async call(name: string, values: Record<string, unknown>): Promise<Answer> {
    const begin = performance.now();
    const { content, isError } = await this.client.callTool({ name, arguments: values });
    const text = content.map((block) => (block.type === "text" ? block.text : `[${block.type}]`)).join("\n");
    return { text, isError: isError === true, ms: performance.now() - begin };
  }

  /** Forgets it; it may be gone already. */
  close(): void {
    this.client.close().catch((error: unknown) => console.debug(error));
  }
}
