def original = new File(basedir, "../../../../demo/fashion-resnet.onnx")
def small = new File(basedir, "target/small.onnx")
assert small.length() < 0.8 * original.length()
def log = new File(basedir, "build.log").text
["it", "dev.wsvd.pipeline", "dev.wsvd.adapter.onnx"].each { assert log.contains("module " + it) }
assert log =~ /MACs: 0\.[0-9]+ of the original/
