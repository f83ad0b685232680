import dev.wsvd.adapter.onnx.OnnxFormat
import dev.wsvd.domain.cost.Metric
import dev.wsvd.domain.spi.OpenOptions
import dev.wsvd.evaluation.ArrayActivations
import dev.wsvd.evaluation.ArrayDataset
import dev.wsvd.pipeline.CompressionParameters
import dev.wsvd.pipeline.ModelCompressor
import java.nio.file.Path

fun main(args: Array<String>) {
    val onnx = OnnxFormat()
    val model = onnx.open(Path.of(args[0]), OpenOptions.DEFAULT)
    val inputs = ArrayDataset.load(Path.of(args[1]))

    val result = ModelCompressor.of(model)
        .parameters(CompressionParameters.budget(0.5))
        .calibration(ArrayActivations.of(onnx, inputs))
        .correct()
        .compress()

    result.model().save(Path.of(args[2]))
    println("MACs: %.3f of the original".format(result.stats().ratio(Metric.MAC)))
}
