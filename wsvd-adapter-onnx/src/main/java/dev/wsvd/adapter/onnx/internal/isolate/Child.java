package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineLostException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.Isolation;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The engine's process, seen from here. Not for several threads at once. */
final class Child {
    private static final Duration STARTING = Duration.ofMinutes(1);
    private static final int ENDING_SECONDS = 10;
    private static final int KILLED = 128 + 9;

    private final Isolation limits;
    private final Path folder;
    private final Process process;
    private final Wire wire;
    private volatile boolean late;

    private Child(Isolation limits, Path folder, Process process) {
        this.limits = limits;
        this.folder = folder;
        this.process = process;
        this.wire = new Wire(process.getInputStream(), process.getOutputStream(), limits.memory());
    }

    /**
     * Starts a process, and waits until it is ready.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if this process's classes are not in files
     * @throws ModelFormatException if the other cannot be started
     */
    static Child start(Isolation limits) {
        Path folder = null;
        Child child = null;
        boolean ready = false;
        try {
            folder = ChildFolder.create();
            child = new Child(limits, folder, ChildCommand.of(limits, folder).start());
            child.exchange(Optional.empty(), STARTING);
            ready = true;
            return child;
        } catch (IOException e) {
            String why = child == null ? e.getMessage() : child.end();
            throw new ModelFormatException("The process for ONNX Runtime could not be started: " + why + ".", e);
        } finally {
            if (!ready && folder != null) {
                ChildFolder.delete(folder);
            }
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /**
     * Asks for something and waits for the answer.
     *
     * @param work what the request means for the model, such as {@code loading}
     * @return what {@link Request} calls for
     * @throws EngineException if ONNX Runtime cannot do it
     * @throws EngineLostException if the process has ended, by itself or because of a limit
     */
    Answer ask(String work, Request request) throws EngineException {
        Answer answer;
        try {
            answer = exchange(Optional.of(request), limits.time());
        } catch (ProtocolException e) {
            process.destroyForcibly();
            end();
            throw new EngineLostException(
                    "ONNX Runtime gave an answer that makes no sense while it was " + work
                            + " the model, and was ended. Maybe the model is hostile.",
                    e);
        } catch (IOException e) {
            throw lost(work, e);
        }
        if (answer instanceof Answer.Failed failed) {
            throw new EngineException(failed.reason(), null);
        }
        if (answer instanceof Answer.Refused refused) {
            throw new ModelFormatException(refused.message());
        }
        return answer;
    }

    private EngineLostException lost(String work, IOException e) {
        String end = end();
        if (late) {
            return new EngineLostException(
                    "ONNX Runtime was ended after " + limits.time().toSeconds() + " s of " + work
                            + " the model. Maybe the model never ends, or needs a higher limit.",
                    e);
        }
        return new EngineLostException(
                "ONNX Runtime " + end + " while it was " + work
                        + " the model. Maybe the model is hostile, or needs more than the "
                        + limits.memory() / 1_000_000 + " MB of memory it may have.",
                e);
    }

    private Answer exchange(Optional<Request> request, Duration limit) throws IOException {
        CompletableFuture<Void> answered = new CompletableFuture<>();
        answered.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(e -> {
            late = true;
            process.destroyForcibly();
            return null;
        });
        try {
            if (request.isPresent()) {
                Request.write(request.get(), wire);
            }
            Answer answer = Answer.read(wire);
            if (request.isPresent() && !request.get().allows(answer)) {
                throw new ProtocolException("This is no answer to a request: " + answer);
            }
            return answer;
        } catch (RuntimeException | Error e) {
            // Nobody knows how much has been read or written.
            process.destroyForcibly();
            throw e;
        } finally {
            answered.complete(null);
        }
    }

    /** Ends the process, if it does not do so itself, and says how it ended. */
    String end() {
        CompletableFuture<Process> ended = process.onExit();
        ended.copy()
                .completeOnTimeout(process, ENDING_SECONDS, TimeUnit.SECONDS)
                .join();
        process.destroyForcibly();
        ended.join();
        String words = ChildFolder.lastWords(folder);
        ChildFolder.delete(folder);
        int code = process.exitValue();
        String how = code == KILLED ? "was killed" : code == EngineServer.FAILED ? "failed" : "crashed";
        return how + " (exit code " + code + (words.isEmpty() ? ")" : ", '" + words + "')");
    }
}
