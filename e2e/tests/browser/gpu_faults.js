// Runs in a worker before it starts, and lets one call of WebGPU fail: the page says on the
// channel `gpu-faults` which, `{ fault, after }`, and how many calls of that kind go well before.
// With `hardware`, the device says that it is such, so that its variants of kernels are tried, too.
// The channel says back when it has come about.
const channel = new BroadcastChannel('gpu-faults');
let [planned, hardware] = [{ fault: 'none', after: 0 }, false];
const name = { get: () => hardware ? 'engine-gpu-again-test' : 'engine-gpu-test', set() {} };
Object.defineProperty(self, 'name', name);
const fallback = { get: () => !hardware };
Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', fallback);
let devices = [];
channel.onmessage = ({ data }) => {
    planned = data;
    hardware = data.hardware;
};

const isDue = (fault) => {
    if (planned.fault !== fault || planned.after-- > 0) return false;
    planned = { fault: 'none', after: 0 };
    channel.postMessage({ cameAbout: fault });
    return true;
};
const wrap = (type, name, make) => {
    const real = type.prototype[name];
    type.prototype[name] = make(real);
};
// Calls that throw.
for (const [fault, type, name] of [
    ['buffer throws', GPUDevice, 'createBuffer'],
    ['group throws', GPUDevice, 'createBindGroup'],
    ['encoder throws', GPUDevice, 'createCommandEncoder'],
    ['write throws', GPUQueue, 'writeBuffer'],
    ['submit throws', GPUQueue, 'submit'],
    ['range throws', GPUBuffer, 'getMappedRange'],
]) {
    wrap(type, name, (real) => function (...all) {
        if (isDue(fault)) throw new DOMException(`${name} does not work`, 'OperationError');
        return real.apply(this, all);
    });
}
// Promises that are not kept.
for (const [fault, type, name] of [
    ['no device', GPUAdapter, 'requestDevice'],
    ['no pipeline', GPUDevice, 'createComputePipelineAsync'],
    ['no map', GPUBuffer, 'mapAsync'],
]) {
    wrap(type, name, (real) => async function (...all) {
        if (isDue(fault)) throw new DOMException(`${name} fails`, 'OperationError');
        return real.apply(this, all);
    });
}
wrap(GPU, 'requestAdapter', (real) => async function (...all) {
    return isDue('no adapter') ? null : real.apply(this, all);
});
wrap(GPUAdapter, 'requestDevice', (real) => async function (...all) {
    const device = await real.apply(this, all);
    devices.push(device);
    return device;
});
// A buffer that is larger than any device has room for: an error, and a buffer that is none.
wrap(GPUDevice, 'createBuffer', (real) => function (descriptor) {
    const size = isDue('no memory') ? 2 ** 52 : descriptor.size;
    return real.call(this, { ...descriptor, size });
});
wrap(GPUQueue, 'submit', (real) => function (commands) {
    real.call(this, commands);
    if (isDue('lost')) devices.at(-1).destroy();
});
// Late answers, and such that are no numbers.
wrap(GPUBuffer, 'mapAsync', (real) => async function (...all) {
    if (isDue('late')) await new Promise((done) => setTimeout(done, 300));
    return real.apply(this, all);
});
wrap(GPUBuffer, 'getMappedRange', (real) => function (...all) {
    const range = real.apply(this, all);
    if (isDue('no numbers')) new Uint32Array(range).fill(0x7fc00000);
    return range;
});
