// Runs in a worker before it starts. It gives the worker the name by which a page asks for a
// GPU, counts what is submitted to the device, and how often nothing else was on its way then, so
// that the device had waited. It does to the device what the page says on the channel `gpu`: `{ loseAfter: n }` loses it with the n-th pass from then on; `{ halt: true }` keeps its
// answers from coming until `{ halt: false }`.
self.name = 'engine-gpu-test';
const channel = new BroadcastChannel('gpu');
let [submits, left, halted] = [0, Infinity, Promise.resolve()];
let [waits, underWay] = [0, 0];
let resume = () => {};
channel.onmessage = ({ data }) => {
    if (data.loseAfter) left = data.loseAfter;
    if (data.halt === true) halted = new Promise((done) => resume = done);
    if (data.halt === false) resume();
};
const ask = navigator.gpu.requestAdapter.bind(navigator.gpu);
navigator.gpu.requestAdapter = async (...all) => {
    const adapter = await ask(...all);
    if (!adapter) return adapter;
    const open = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (...all) => {
        const device = await open(...all);
        const submit = device.queue.submit.bind(device.queue);
        device.queue.submit = (commands) => {
            submit(commands);
            submits += 1;
            if (underWay === 0) waits += 1;
            left -= 1;
            if (left === 0) device.destroy();
            channel.postMessage({ submits, waits });
        };
        const make = device.createBuffer.bind(device);
        device.createBuffer = (descriptor) => {
            const buffer = make(descriptor);
            const map = buffer.mapAsync.bind(buffer);
            buffer.mapAsync = async (...all) => {
                const mapped = map(...all);
                underWay += 1;
                const ended = () => underWay -= 1;
                mapped.then(ended, ended);
                await halted;
                return mapped;
            };
            return buffer;
        };
        return device;
    };
    return adapter;
};
