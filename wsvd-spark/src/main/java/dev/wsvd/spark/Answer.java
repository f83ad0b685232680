package dev.wsvd.spark;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;

/** What a task on an executor gives, or why it would fail on any; by Java's serialization, whatever Spark uses for data. */
record Answer(Serializable result, WsvdException failure) implements Serializable {
    /** A task, sent to where it is done with all that it holds. */
    interface Task<T extends Serializable> extends Serializable {
        T result() throws Exception;
    }

    /**
     * Does a task.
     *
     * @throws Exception if another executor, or another try, may do it
     */
    static byte[] of(Task<?> task) throws Exception {
        return bytes(answer(task));
    }

    private static Answer answer(Task<?> task) throws Exception {
        try {
            return new Answer(task.result(), null);
        } catch (ModelFormatException e) {
            // It may be this machine's ONNX Runtime that does not work.
            throw e;
        } catch (InvalidInputException e) {
            return new Answer(null, new InvalidInputException(e.getMessage()));
        } catch (LinearAlgebraException e) {
            return new Answer(null, new LinearAlgebraException(e.getMessage()));
        } catch (WsvdException e) {
            return new Answer(null, new WsvdException(e.getMessage()));
        }
    }

    /**
     * The result of a task that was done.
     *
     * @throws WsvdException if the task threw it
     */
    static <T extends Serializable> T read(byte[] done) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(done))) {
            Answer answer = (Answer) in.readObject();
            if (answer.failure() != null) {
                throw answer.failure();
            }
            // It is what the task gave.
            @SuppressWarnings("unchecked")
            T result = (T) answer.result();
            return result;
        } catch (IOException | ClassNotFoundException e) {
            throw new WsvdException("An executor's result cannot be read: " + e.getMessage() + ".", e);
        }
    }

    static byte[] bytes(Serializable object) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        }
        return bytes.toByteArray();
    }
}
