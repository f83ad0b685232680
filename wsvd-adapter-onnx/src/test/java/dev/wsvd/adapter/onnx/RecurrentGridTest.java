package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** At full rank a recurrent node computes what it did, whatever else goes into it. */
class RecurrentGridTest {
    @TestFactory
    Stream<DynamicTest> atFullRankItComputesWhatItDid() {
        List<DynamicTest> tests = new ArrayList<>();
        for (String op : List.of("LSTM", "GRU", "RNN")) {
            for (String direction : List.of("forward", "reverse", "bidirectional")) {
                for (boolean half : new boolean[] {false, true}) {
                    RecurrentNet net = new RecurrentNet(op, direction, half);
                    for (int some = 0; some < (op.equals("LSTM") ? 32 : 8); some++) {
                        tests.add(test(net, some));
                    }
                }
            }
        }
        return tests.stream();
    }

    /** @param some bits: which operands it has */
    private static DynamicTest test(RecurrentNet net, int some) {
        List<String> all = List.of("b", "lens", "h0", "c0", "p");
        String[] optional = all.stream()
                .filter(name -> (some >> all.indexOf(name) & 1) == 1)
                .toArray(String[]::new);
        AttributeProto[] attributes = attributes(net, some);
        String name = net.op() + " " + net.direction() + (net.half() ? " float16 " : " ") + List.of(optional) + " "
                + Stream.of(attributes).map(AttributeProto::getName).toList();
        return DynamicTest.dynamicTest(name, () -> assertUnchanged(net, net.operands(optional), attributes));
    }

    /** What there is to say of a cell, by turns. */
    private static AttributeProto[] attributes(RecurrentNet net, int some) {
        List<AttributeProto> attributes = new ArrayList<>();
        if (some % 2 == 1) {
            attributes.add(attribute("clip", 0.75f));
        }
        if (some % 3 == 1) {
            attributes.add(activations(net));
        }
        if (net.op().equals("GRU") && some % 4 > 1) {
            attributes.add(attribute("linear_before_reset", 1));
        }
        if (net.op().equals("LSTM") && some % 5 == 2) {
            attributes.add(attribute("input_forget", 1));
        }
        return attributes.toArray(AttributeProto[]::new);
    }

    private static AttributeProto activations(RecurrentNet net) {
        List<String> names =
                switch (net.op()) {
                    case "LSTM" -> List.of("Sigmoid", "Tanh", "Softsign");
                    case "GRU" -> List.of("Sigmoid", "Softsign");
                    default -> List.of("Relu");
                };
        AttributeProto.Builder out =
                AttributeProto.newBuilder().setName("activations").setType(AttributeProto.AttributeType.STRINGS);
        for (int direction = 0; direction < net.directions(); direction++) {
            names.forEach(name -> out.addStrings(ByteString.copyFromUtf8(name)));
        }
        return out.build();
    }

    private static void assertUnchanged(RecurrentNet net, List<String> operands, AttributeProto... attributes) {
        CompressibleModel<OnnxModel> model = FullRank.open(net.model(operands, attributes));
        Layer layer = model.layers().get(0);
        assertThat(layer.supported()).isTrue();
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        Map<String, Tensor> expected = FullRank.run(model.model(), inputs);
        for (String form : List.of("input-channel", "output-channel")) {
            CompressibleModel<OnnxModel> split = model.with(List.of(FullRank.split(model, layer, form)));

            FullRank.assertSame(FullRank.run(split.model(), inputs), expected, net.half() ? 5e-3 : 1e-4);
            NodeProto before = model.model().proto().getGraph().getNode(1);
            List<NodeProto> nodes = split.model().proto().getGraph().getNodeList();
            NodeProto cell = nodes.get(nodes.size() - 1);
            assertThat(cell.getInputList().subList(2, cell.getInputCount()))
                    .isEqualTo(before.getInputList().subList(2, before.getInputCount()));
            assertThat(cell.getAttributeList()).isEqualTo(before.getAttributeList());
            assertThat(cell.getOutputList()).isEqualTo(before.getOutputList());
        }
    }
}
