package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.Isolation;
import java.io.IOException;
import java.io.InterruptedIOException;
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
        Child child = launched(limits);
        boolean ready = false;
        try {
            Answer answer = child.exchange(Optional.empty(), STARTING);
            if (answer instanceof Answer.Refused refused) {
                throw new ModelFormatException(refused.message());
            }
            ready = true;
            return child;
        } catch (IOException e) {
            throw notStarted(child.end(), e);
        } finally {
            if (!ready) {
                child.kill();
            }
        }
    }

    private static Child launched(Isolation limits) {
        Path folder = null;
        Child child = null;
        try {
            folder = ChildFolder.create();
            child = new Child(limits, folder, ChildCommand.of(limits, folder).start());
            return child;
        } catch (IOException e) {
            throw notStarted(e.getMessage(), e);
        } finally {
            if (child == null && folder != null) {
                ChildFolder.delete(folder);
            }
        }
    }

    private static ModelFormatException notStarted(String why, IOException e) {
        return new ModelFormatException("The process for ONNX Runtime could not be started: " + why + ".", e);
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
            kill();
            throw new EngineLostException(
                    "ONNX Runtime gave an answer that makes no sense while it was " + work
                            + " the model, and was ended. Maybe the model is hostile.",
                    e);
        } catch (InterruptedIOException e) {
            kill();
            throw new EngineLostException(
                    "ONNX Runtime was ended after " + limits.time().toSeconds() + " s of " + work
                            + " the model. Maybe the model never ends, or needs a higher limit.",
                    e);
        } catch (IOException e) {
            throw new EngineLostException(
                    "ONNX Runtime " + end() + " while it was " + work
                            + " the model. Maybe the model is hostile, or needs more than the "
                            + limits.memory() / 1_000_000 + " MB of memory it may have.",
                    e);
        }
        if (answer instanceof Answer.Failed failed) {
            throw new EngineException(failed.reason(), null);
        }
        if (answer instanceof Answer.Refused refused) {
            throw new ModelFormatException(refused.message());
        }
        return answer;
    }

    /** @throws InterruptedIOException if there is no answer within the limit; the process is then killed */
    private Answer exchange(Optional<Request> request, Duration limit) throws IOException {
        CompletableFuture<Void> answered = new CompletableFuture<>();
        answered.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            process.destroyForcibly();
            return null;
        });
        IOException failure;
        try {
            if (request.isPresent()) {
                Request.write(request.get(), wire);
            }
            Answer answer = Answer.read(wire);
            if (request.isPresent() && !request.get().allows(answer)) {
                throw new ProtocolException("This is no answer to a request: " + answer);
            }
            if (answered.complete(null)) {
                return answer;
            }
            failure = new InterruptedIOException();
        } catch (IOException e) {
            failure = answered.complete(null) ? e : (IOException) new InterruptedIOException().initCause(e);
        } catch (RuntimeException | Error e) {
            // Nobody knows how much has been read or written.
            answered.complete(null);
            kill();
            throw e;
        }
        throw failure;
    }

    /** Ends the process, whatever it is at. */
    void kill() {
        process.destroyForcibly();
        end();
    }

    /** Waits until the process has ended by itself, or ends it, and says how it ended. */
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
