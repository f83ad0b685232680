package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A graph as ONNX Runtime writes it down. Its weights are skipped, so that a look at it needs no memory for them. */
final class OptimizedGraph {
    private static final String OWN = "com.microsoft";

    private interface Part {
        void read() throws IOException;
    }

    private OptimizedGraph() {}

    /** @see Engine#fusedOperators */
    static Map<String, Integer> fusedOperators(Path file) throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        try (InputStream bytes = Files.newInputStream(file)) {
            CodedInputStream in = CodedInputStream.newInstance(bytes);
            forEach(in, ModelProto.GRAPH_FIELD_NUMBER, () -> {
                int outer = in.pushLimit(in.readRawVarint32());
                forEach(in, GraphProto.NODE_FIELD_NUMBER, () -> count(NodeProto.parseFrom(in.readBytes()), counts));
                in.popLimit(outer);
            });
        }
        return counts;
    }

    private static void forEach(CodedInputStream in, int field, Part part) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == field) {
                part.read();
            } else {
                in.skipField(tag);
            }
        }
    }

    private static void count(NodeProto node, Map<String, Integer> counts) {
        if (node.getDomain().startsWith(OWN)) {
            String name = node.getDomain() + "." + node.getOpType();
            counts.merge(name.substring(OWN.length() + 1), 1, Integer::sum);
        }
        for (AttributeProto attribute : node.getAttributeList()) {
            attribute.getG().getNodeList().forEach(inner -> count(inner, counts));
        }
    }
}
