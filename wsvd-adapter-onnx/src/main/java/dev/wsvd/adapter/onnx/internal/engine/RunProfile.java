package dev.wsvd.adapter.onnx.internal.engine;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where the time of one run went, as ONNX Runtime's profile tells: each node has the time until the next one begins, so that nothing of
 * the run is left out.
 *
 * @param parts in the order in which they began
 */
public record RunProfile(List<Part> parts) {
    private static final String KERNEL = "_kernel_time";
    private static final long NANOS_PER_MICRO = 1000;

    public RunProfile {
        parts = List.copyOf(parts);
    }

    /** A node's part, by the name it has in what ONNX Runtime runs. */
    public record Part(String node, long ns) {}

    /** Times in µs. */
    private record Event(String category, String name, long start, long duration) {}

    /**
     * The runs of a profile's file, in order.
     *
     * @throws IOException if the file cannot be read
     */
    public static List<RunProfile> read(Path file) throws IOException {
        List<Event> nodes = new ArrayList<>();
        List<Event> runs = new ArrayList<>();
        try (InputStream bytes = Files.newInputStream(file);
                JsonParser json = new JsonFactory().createParser(bytes)) {
            if (json.nextToken() != JsonToken.START_ARRAY) {
                throw new IOException("it is no list of events");
            }
            while (json.nextToken() == JsonToken.START_OBJECT) {
                Event event = event(json);
                if (event.category.equals("Node") && event.name.endsWith(KERNEL)) {
                    nodes.add(event);
                } else if (event.name.equals("model_run")) {
                    runs.add(event);
                }
            }
        }
        nodes.sort(Comparator.comparingLong(Event::start));
        return runs.stream()
                .sorted(Comparator.comparingLong(Event::start))
                .map(run -> of(run, nodes))
                .toList();
    }

    private static Event event(JsonParser json) throws IOException {
        String category = "";
        String name = "";
        long start = 0;
        long duration = 0;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "cat" -> category = json.getText();
                case "name" -> name = json.getText();
                case "ts" -> start = json.getLongValue();
                case "dur" -> duration = json.getLongValue();
                default -> json.skipChildren();
            }
        }
        return new Event(category, name, start, duration);
    }

    private static RunProfile of(Event run, List<Event> nodes) {
        long end = run.start + run.duration;
        List<Event> inside = nodes.stream()
                .filter(node -> node.start >= run.start && node.start <= end)
                .toList();
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < inside.size(); i++) {
            long from = i == 0 ? run.start : inside.get(i).start;
            long to = i + 1 == inside.size() ? end : inside.get(i + 1).start;
            String name = inside.get(i).name;
            parts.add(new Part(name.substring(0, name.length() - KERNEL.length()), (to - from) * NANOS_PER_MICRO));
        }
        return new RunProfile(parts);
    }
}
