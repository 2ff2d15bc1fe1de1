import type * as Grpc from "@grpc/grpc-js";
import { TroupeError } from "../core/errors.ts";
import { REFUSALS, type Refusal, type Taken, writeAnswer } from "../format/otlp-exchange.ts";
import type { Intake } from "./intake.ts";
import { type OtlpListener, type OtlpListening, tracesOnly } from "./otlp-http.ts";

const SIGNALS = ["trace", "metrics", "logs"] as const;

/**
 * Takes traces of OTLP over gRPC on 127.0.0.1, where the optional package `@grpc/grpc-js` is installed.
 *
 * It bounds messages, also unpacked ones, and requests a second; gRPC itself paces what a connection may send.
 *
 * @throws TroupeError `USAGE` when the package is missing, or the port is taken.
 */
export async function listenOtlpGrpc(port: number, intake: Intake, listener: OtlpListener): Promise<OtlpListening> {
  const { Server, ServerCredentials } = await grpcPackage();
  const server = new Server({ "grpc.max_receive_message_length": intake.limits.bodyBytesMax });
  for (const signal of SIGNALS) {
    const handle = signal === "trace" ? taking(intake, listener) : refusing(signal, listener);
    server.addService(serviceOf(signal), { export: handle });
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => {
      if (error === null) resolve(at);
      else reject(cannotListen(port, error));
    });
  });
  const close = (): Promise<void> => {
    server.forceShutdown();
    return Promise.resolve();
  };
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close,
    stop: (graceMs) =>
      new Promise((resolve) => {
        const cancel = intake.time.after(graceMs, () => void close().then(resolve));
        server.tryShutdown(() => {
          cancel();
          resolve();
        });
      }),
  };
}

type Handler = Grpc.handleUnaryCall<Buffer, Uint8Array>;

function taking(intake: Intake, listener: OtlpListener): Handler {
  return (call, callback) => {
    const bytes = call.request;
    const refusal = intake.admit() ?? intake.hold(bytes.length, 0);
    const refuse = (why: Refusal): void => {
      listener.onRefused("", why);
      callback({ code: REFUSALS[why.refused].grpc, details: why.message });
    };
    if (refusal !== undefined) return refuse(refusal);
    void listener
      .take({ path: "", encoding: "protobuf", bytes })
      .then((taken: Taken | Refusal) => {
        if ("refused" in taken) refuse(taken);
        else callback(null, writeAnswer(taken, "protobuf"));
      })
      .finally(() => intake.letGo(bytes.length));
  };
}

function refusing(signal: string, listener: OtlpListener): Handler {
  return (_call, callback) => {
    const refusal = tracesOnly(signal);
    listener.onRefused("", refusal);
    callback({ code: REFUSALS[refusal.refused].grpc, details: refusal.message });
  };
}

/** The service as its generated code would define it; its messages are read and written here as bytes. */
function serviceOf(signal: (typeof SIGNALS)[number]): Grpc.ServiceDefinition {
  const service = `opentelemetry.proto.collector.${signal}.v1.${signal.replace(/^./, (letter) => letter.toUpperCase())}Service`;
  const pass = (bytes: Buffer): Buffer => bytes;
  return {
    export: {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    },
  };
}

async function grpcPackage(): Promise<typeof Grpc> {
  try {
    return await import("@grpc/grpc-js");
  } catch (cause) {
    const what = "gRPC needs the package @grpc/grpc-js, which is not installed";
    const mend = "Install it (npm install @grpc/grpc-js), or export with OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.";
    throw new TroupeError("USAGE", { where: "OTLP over gRPC", what, mend }, { cause });
  }
}

function cannotListen(port: number, cause: Error): TroupeError {
  const what = `it cannot be listened on for gRPC (${cause.message})`;
  return new TroupeError("USAGE", { where: `port ${port}`, what, mend: "Choose another port, or 0 for a free one." });
}
